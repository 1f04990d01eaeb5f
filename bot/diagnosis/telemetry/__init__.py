"""Why a program's OpenTelemetry does not start: two schema versions that the SDK refuses to merge. Pure, but `looking`."""
