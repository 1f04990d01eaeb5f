"""Free ports on loopback."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> tuple[int, ...]:
    """Distinct ports, free for TCP and UDP just now; held open together, so that none is given twice."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    return tuple(ports)


def free_port() -> int:
    return free_ports(1)[0]
