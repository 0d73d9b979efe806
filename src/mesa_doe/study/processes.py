"""Which process on which machine wrote something, and whether it is still there."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

__all__ = ["is_gone", "machine", "started"]


@functools.cache
def machine() -> str | None:
    """Name the machine, its boot and the container: where a pid of ours is a pid of ours.

    None where the process of a pid cannot be looked up: on Windows, ``os.kill(pid, 0)`` is Ctrl-C.
    """
    if os.name == "nt":
        return None
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def started(pid: int) -> str | None:
    """Tell when a process started, where ``/proc`` does, so that its pid's next owner is not taken for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # After the name, which may hold spaces and parentheses: the state, and 17 fields on, how many threads.
    state, *fields = stat.rpartition(")")[2].split()
    # Nobody has waited for it yet; while threads are left, one may be in the middle of a write.
    ended = state in "ZX" and int(fields[16]) <= 1
    return "ended" if ended else fields[18]


def is_gone(pid: int, born: str | None) -> bool:
    """Whether a process of this machine, which started then, is no more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's, and alive
    now = started(pid)
    return None not in (born, now) and born != now
