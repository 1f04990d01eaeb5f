"""What object stores and the identity services before them say when they refuse: S3 and its likes, STS, Google, Azure.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from bot.diagnosis.lines.pattern import Pattern, pattern

_STORE = "storage"
_BUCKET = r"(?P<bucket{0}>[\w.-]{{1,63}})"
_CODES = "InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|RequestTimeTooSkewed|InvalidToken|AuthFailure"

PATTERNS: tuple[Pattern, ...] = (
    # Before what S3 refuses: without a role nobody gets as far as the bucket.
    pattern(
        "aws-role-denied",
        _STORE,
        "assumerole",
        r"(?:AccessDenied[^\n]{0,300}?|not authorized to perform:? ?)sts:AssumeRole(?P<how>WithWebIdentity|WithSAML)?"
        r"|AssumeRole(?P<how1>WithWebIdentity|WithSAML)?[^\n]{0,300}?\b(?:AccessDenied|InvalidIdentityToken)\b",
    ),
    pattern(
        "s3-bad-credentials",
        _STORE,
        _CODES.lower(),
        rf"\b(?P<code>{_CODES})(?:Exception)?\b",
    ),
    pattern(
        "s3-bad-credentials",
        _STORE,
        "access key id you provided|request signature we calculated|security token included in the request",
        r"Access Key Id you provided does not exist|request signature we calculated does not match"
        r"|security token included in the request is (?:invalid|expired)",
    ),
    pattern(
        "s3-no-such-bucket",
        _STORE,
        "nosuchbucket|bucket does not exist",
        rf"NoSuchBucket[^\n]{{0,200}}?BucketName[\"':=> ]{{1,6}}{_BUCKET.format(1)}|\bNoSuchBucket\b"
        r"|The specified bucket does not exist",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "access denied|accessdenied",
        rf"unexpected error from (?P<operation>\w+) on {_BUCKET.format('')}: Access ?Denied",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "not authorized to perform",
        rf"not authorized to perform: s3:(?P<operation1>\w{{1,60}}) on resource: \W{{0,3}}arn:aws[\w-]{{0,10}}:s3:::"
        rf"{_BUCKET.format(1)}",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "accessdenied|access denied",
        r"(?P<operation2>(?:List|Get|Put|Head|Delete|Create)\w{0,30}(?:Object|Bucket)\w{0,20})",
        anchor=r"\bAccess ?Denied\b",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "accessdenied|access denied",
        r"S3|bucket",
        anchor=r"\bAccess ?Denied\b",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "accessdenied",
        r"\(AccessDenied\) when calling the (?P<operation3>\w{1,60}(?:Object|Bucket|Upload|Part)\w{0,20}) operation"
        r"|^AccessDenied: Access Denied$",
    ),
    pattern(
        "s3-access-denied",
        _STORE,
        "storage.|authorizationpermissionmismatch",
        r"does not have (?P<operation4>storage\.[\w.]{1,60}) access"
        r"(?: to the Google Cloud Storage \w{1,20})?|\bAuthorizationPermissionMismatch\b",
    ),
    pattern(
        "s3-no-credentials",
        _STORE,
        "credential",
        r"NoCredentialProviders|no EC2 IMDS role found|failed to (?:refresh cached|retrieve|load) credentials"
        r"|Unable to l(?:ocate|oad) (?:AWS )?credentials|could not (?:find default|load) credentials"
        r"|Could not load credentials from any providers|NoCredentialsError",
    ),
)
