"""A server that could not be reached at all: refused, without an address, silent. Not a word about who was let in."""

from bot.diagnosis.lines.pattern import Pattern, pattern

_NET = "network"
# An IPv6 address mostly stands in brackets; libpq and Node write it bare, as in "::1:5432".
_BARE = r"(?=[0-9a-fA-F:]{{0,39}}::)[0-9a-fA-F:]{{2,39}}"
_HOST = rf"(?P<host{{0}}>\[[0-9a-fA-F:.]{{{{2,45}}}}\]|{_BARE}|[\w][\w.-]{{{{0,252}}}})"
_PORT = r"(?P<port{0}>\d{{1,5}})"


def _at(number: int) -> str:
    return f"{_HOST.format(number)}:{_PORT.format(number)}"


_CALL = rf"Connect call failed \('{_HOST}', {_PORT}\b"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        "connection-refused",
        _NET,
        "connection refused|econnrefused",
        rf"dial (?:tcp|udp)[46]? (?:lookup )?{_at(1)}:[^\n]{{0,60}}?connection refused",
    ),
    pattern("connection-refused", _NET, "econnrefused", rf"ECONNREFUSED {_at(2)}"),
    pattern(
        "connection-refused",
        _NET,
        "connection to server at|could not connect to server|connection to ",
        rf"connection to (?:server at \"?)?{_HOST.format(3)}\"?(?: \([^)\n]{{0,60}}\))?(?:, port |:){_PORT.format(3)}"
        r"[^\n]{0,60}?(?:Connection )?refused",
    ),
    pattern(
        "connection-refused",
        _NET,
        "can't connect to",
        rf"Can't connect to (?:MySQL|MariaDB|server) (?:server )?on [\"']{_HOST.format(4)}(?::{_PORT.format(4)})?[\"'] ?"
        r"\((?:\[Errno )?111\b",
    ),
    pattern(
        "connection-refused",
        _NET,
        "failed to connect to",
        rf"Failed to connect to {_at(5)}[^\n]{{0,160}}?Connection refused",
    ),
    # Elixir's drivers.
    pattern("connection-refused", _NET, "tcp connect (", rf"tcp connect \({_at(8)}\): connection refused"),
    # asyncpg, and whatever else opens sockets with asyncio.
    pattern("connection-refused", _NET, "connect call failed", rf"\[Errno 111\] {_CALL.format(6)}"),
    pattern(
        "connection-refused",
        _NET,
        "connection refused",
        rf"\bnc: (?:connect to )?{_HOST.format(7)}(?: \([\d.]{{1,15}}:| port ){_PORT.format(7)}[^\n]{{0,20}}?Connection refused",
    ),
    pattern("connection-refused", _NET, "connection refused", r"\bconnection refused\b"),
    pattern(
        "no-such-host",
        _NET,
        "no such host",
        rf"lookup {_HOST.format(1)}(?: on [\w.:\[\]]{{1,60}})?: no such host",
    ),
    pattern(
        "no-such-host",
        _NET,
        "enotfound|eai_again",
        rf"(?:ENOTFOUND|EAI_AGAIN) {_HOST.format(2)}(?::{_PORT.format(2)})?",
    ),
    pattern(
        "no-such-host",
        _NET,
        "nc: ",
        rf"\bnc: bad address '{_HOST.format(6)}'|\bnc: getaddrinfo for host \"{_HOST.format(7)}\" port {_PORT.format(7)}",
    ),
    pattern(
        "no-such-host",
        _NET,
        "could not translate host name|name or service not known|temporary failure in name resolution",
        rf"could not translate host name \"{_HOST.format(3)}\"|(?:Name or service not known|"
        r"Temporary failure in name resolution)",
    ),
    pattern("no-such-host", _NET, "unknownhostexception", rf"UnknownHostException:? {_HOST.format(4)}"),
    pattern(
        "no-such-host", _NET, "unknown mysql server host", rf"Unknown MySQL server host '{_HOST.format(5)}'"
    ),
    pattern("no-such-host", _NET, "tcp connect (", rf"tcp connect \({_at(8)}\): non-existing domain"),
    pattern("no-such-host", _NET, "no such host", r"\bno such host(?: is known)?\b"),
    pattern(
        "dial-timeout",
        _NET,
        "timeout|timed out|deadline exceeded",
        rf"dial (?:tcp|udp)[46]? {_at(1)}:[^\n]{{0,40}}?(?:i/o timeout|deadline exceeded|timed out)",
    ),
    # pgx, before 5.5 and since: https://github.com/jackc/pgx/blob/master/pgconn/errors.go
    pattern(
        "dial-timeout",
        _NET,
        "dial error",
        rf"failed to connect to `host={_HOST.format(7)} [^`\n]{{0,200}}`: dial error \(timeout: ",
    ),
    pattern(
        "dial-timeout",
        _NET,
        "dial error",
        rf"(?<![\w.:-]){_at(8)} \([^()\n]{{1,253}}\): dial error: timeout: ",
    ),
    # The name server did not answer.
    pattern(
        "dial-timeout",
        _NET,
        "i/o timeout",
        rf"\blookup {_HOST.format(6)}(?: on [\w.:\[\]]{{1,60}})?: [^\n]{{0,120}}?i/o timeout",
    ),
    pattern("dial-timeout", _NET, "etimedout", rf"ETIMEDOUT {_at(2)}"),
    pattern("dial-timeout", _NET, "tcp connect (", rf"tcp connect \({_at(10)}\): timeout"),
    pattern("dial-timeout", _NET, "connect call failed", rf"\[Errno 110\] {_CALL.format(9)}"),
    pattern(
        "dial-timeout",
        _NET,
        "timed out|timeout expired",
        rf"connection to server at \"{_HOST.format(3)}\"[^\n]{{0,60}}?port {_PORT.format(3)}[^\n]{{0,40}}?"
        r"(?:timed out|timeout expired)",
    ),
    pattern(
        "dial-timeout",
        _NET,
        "connect timed out|connecttimeout|connection timed out|timeout connecting to server",
        r"connect(?:ion)? ?timed ?out|ConnectTimeout|Timeout connecting to server",
    ),
    pattern("no-route", _NET, "ehostunreach|enetunreach", rf"(?:EHOSTUNREACH|ENETUNREACH) {_at(1)}"),
    pattern(
        "no-route",
        _NET,
        "no route to host|network is unreachable",
        rf"(?:dial (?:tcp|udp)[46]? {_at(2)}:[^\n]{{0,60}}?)?(?:no route to host|network is unreachable)",
    ),
    pattern("no-route", _NET, "connect call failed", rf"\[Errno (?:101|113)\] {_CALL.format(3)}"),
    # Drivers that say only that it failed. A cause that they give below says more.
    pattern(
        "unreachable",
        _NET,
        "can't reach database server",
        rf"Can't reach database server at `{_HOST.format(1)}`?:`?{_PORT.format(1)}",
    ),
    pattern(
        "unreachable",
        _NET,
        "unabletoconnect|could not be established",
        rf"UnableToConnect on {_at(2)}|\(\S{{0,120}}?{_at(3)}\) could not be established",
    ),
    pattern(
        "unreachable",
        _NET,
        "can't connect to",
        rf"Can't connect to (?:MySQL|MariaDB|server) (?:server )?on [\"']{_HOST.format(4)}(?::{_PORT.format(4)})?[\"']",
    ),
    pattern(
        "unreachable",
        _NET,
        "communications link failure|server selection|not possible to connect to the redis",
        r"Communications link failure|server selection (?:error: )?(?:server selection )?time(?:d )?out"
        r"|not possible to connect to the redis server",
    ),
    pattern(
        "unreachable",
        _NET,
        "failed to connect to",
        rf"\bNpgsqlException\b[^\n]{{0,40}}?: Failed to connect to {_at(5)}",
    ),
    pattern(
        "unreachable",
        _NET,
        "unable to connect to any of the specified mysql hosts",
        r"Unable to connect to any of the specified MySQL hosts",
    ),
    # What waits for a server: pg_isready and wait-for-it.sh.
    pattern("unreachable", _NET, " - no response", rf"(?:^|\s){_at(6)} - no response\s*$"),
    pattern(
        "unreachable",
        _NET,
        "timeout occurred after waiting",
        rf"timeout occurred after waiting \d{{1,6}} seconds for {_at(7)}",
    ),
)
