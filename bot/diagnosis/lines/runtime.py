"""What a process and the kubelet say of its life: killed, out of memory, a port or a disk that is taken, a slow start."""

from bot.diagnosis.lines.pattern import Pattern, pattern

_LIFE, _MEMORY, _SCRAPE = "process", "memory", "scrape"

PATTERNS: tuple[Pattern, ...] = (
    pattern(
        "oom-killed",
        _MEMORY,
        "oomkill|oom-kill|cgroup out of memory",
        r"\bOOMKill(?:ed|ing)\b|\boom-kill:|Memory cgroup out of memory",
    ),
    pattern(
        "heap-exhausted",
        _MEMORY,
        "outofmemoryerror|out of memory|memoryerror|allowed memory size",
        r"\bOutOfMemoryError(?:: (?P<kind>[\w -]{1,60}))?|JavaScript (?P<kind1>heap) out of memory"
        r"|runtime: out of memory|^MemoryError(?::|$)|Allowed memory size of \d{1,15} bytes exhausted",
    ),
    pattern(
        "exit-137",
        _LIFE,
        "137",
        r"exit(?:ed)?[ _-]?(?:with )?(?:status|code)?[\"':= \t(]{0,16}137\b",
    ),
    pattern(
        "liveness-failed",
        _LIFE,
        "liveness probe|startup probe",
        r"\b(?P<probe>Liveness|Startup) probe (?:failed|errored)(?::\s?(?P<reason>[^\n]{1,300}))?",
    ),
    pattern(
        "liveness-failed",
        _LIFE,
        "failed liveness probe|failed startup probe",
        r"failed (?P<probe1>liveness|startup) probe, will be restarted",
    ),
    # Spring says it of a start that went well; a minute is where default probes lose patience.
    pattern(
        "slow-start",
        _LIFE,
        "started ",
        r"\bStarted (?P<program>[\w$.]{1,120}) in (?P<seconds>(?:[6-9]\d|\d{3,5})(?:\.\d{1,6})?) seconds",
    ),
    pattern(
        "port-in-use",
        _LIFE,
        "already in use|eaddrinuse",
        r"listen (?:tcp|udp)[46]? \S{0,60}?:(?P<port>\d{1,5}): bind: address already in use"
        r"|EADDRINUSE[^\n]{0,80}?:(?P<port1>\d{1,5})\b|\bPort (?P<port2>\d{1,5}) (?:was|is) already in use"
        r"|\b(?:EADDRINUSE\b|address already in use)",
    ),
    pattern(
        "disk-full",
        _LIFE,
        "no space left on device|enospc|disk quota exceeded",
        r"(?:(?:write|open|mkdir|create|rename|sync):? [\"']?(?P<path>/[^\s:\"']{1,200})[^\n]{0,80}?)?"
        r"(?:no space left on device|\bENOSPC\b|disk quota exceeded)",
    ),
    pattern(
        "actuator-missing",
        _SCRAPE,
        "actuator/prometheus",
        r"No (?:endpoint|mapping for|static resource) (?:GET )?(?P<path>/?[\w/-]{0,100}?actuator/prometheus)\b"
        r"|(?P<path1>/[\w/-]{0,100}?actuator/prometheus)\b(?:\?\S{0,80})?(?: HTTP/[\d.]{1,3})?[^\n\d]{0,40}404\b",
    ),
)
