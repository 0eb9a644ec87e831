"""The service manager's side of sd_notify(3), and a debugger that holds one thread of a process."""

import ctypes
import os
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path

from waiting import eventually


class ServiceManager:
    """Listens at a socket of its own and keeps every message with the time at which it came."""

    def __init__(self, directory: Path):
        self.path = str(directory / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self._messages: list[tuple[float, dict[str, str]]] = []

    def close(self):
        self.socket.close()

    def environment(self, watchdog_seconds: float | None = None) -> dict[str, str]:
        """What a unit with `Type=notify`, and with `WatchdogSec=` if given, is started with."""
        given = {"NOTIFY_SOCKET": self.path}
        if watchdog_seconds is not None:
            given["WATCHDOG_USEC"] = str(int(watchdog_seconds * 1_000_000))
        return given

    def messages(self) -> list[tuple[float, dict[str, str]]]:
        """All messages so far, oldest first; each a dictionary of what it assigns."""
        while True:
            try:
                text = self.socket.recv(4096).decode()
            except BlockingIOError:
                return self._messages
            self._messages.append((time.monotonic(), dict(line.split("=", 1) for line in text.splitlines())))

    def said(self, name: str) -> list[str]:
        """The values that a name was given, oldest first."""
        return [message[name] for _, message in self.messages() if name in message]

    def silence(self) -> float:
        """Seconds since the last sign of life."""
        signs = [at for at, message in self.messages() if "WATCHDOG" in message]
        return time.monotonic() - signs[-1] if signs else float("inf")


# ptrace(2)
_SEIZE, _INTERRUPT, _DETACH, _WALL = 0x4206, 0x4207, 17, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request: int, thread: int):
    if _libc.ptrace(request, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


@contextmanager
def held(thread: int):
    """Stops one thread of another process, and no other, until the end of the block."""
    _ptrace(_SEIZE, thread)
    _ptrace(_INTERRUPT, thread)
    os.waitpid(thread, _WALL)
    try:
        yield
    finally:
        _ptrace(_DETACH, thread)


@contextmanager
def stopped(pid: int):
    """Stops a whole process until the end of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def threads(pid: int, name: str) -> list[int]:
    """The threads of a process that wait in epoll(7) and whose name begins so."""
    waiting = {"232", "281"}  # epoll_wait, epoll_pwait

    def found():
        tasks = sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name))
        return [int(task.name) for task in tasks
                if (task / "comm").read_text().startswith(name)
                and (task / "syscall").read_text().split()[0] in waiting]
    return eventually(found, f"a thread {name} waits")
