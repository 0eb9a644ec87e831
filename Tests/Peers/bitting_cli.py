"""The operator's command line as a child process."""

import json
import os
import pty
import select
import subprocess
import time

from gateway import BINARY, KEY

BITTING = BINARY.with_name("bitting")
USAGE, DATA_ERROR, NO_INPUT, UNAVAILABLE, TEMPORARY, PROTOCOL, REFUSED, CONFIGURATION = 64, 65, 66, 69, 75, 76, 77, 78


def environment(url: str | None = None, key: str | None = KEY, **more: str) -> dict:
    """An environment in which nothing says where the daemon is but what is given."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("BITTING_") and name not in ("RUNTIME_DIRECTORY", "COLUMNS", "NO_COLOR")}
    if url:
        clean["BITTING_URL"] = url
    if key:
        clean["BITTING_API_KEY"] = key
    return clean | more


def as_nobody(*arguments, **variables: str) -> subprocess.CompletedProcess:
    """Runs a command as a user in no group; opened before, since its path need not be theirs to enter."""
    with BITTING.open("rb") as program:
        return subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"/proc/self/fd/{program.fileno()}",
             *map(str, arguments)],
            capture_output=True, text=True, env=environment(**variables), timeout=60, pass_fds=[program.fileno()])


def findings(done: subprocess.CompletedProcess) -> dict:
    """What was found of a box, by subject."""
    return {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}


def doctor(*arguments, **more) -> dict:
    """The findings of a doctor whose daemon is not there, by subject."""
    done = subprocess.run([BITTING, "doctor", "--json", "--socket", "/nowhere/bitting.sock", *map(str, arguments)],
                          capture_output=True, text=True, env=environment(), timeout=60, **more)
    assert done.returncode == UNAVAILABLE, done
    return findings(done)


class CommandLine:
    """`bitting`, asking one daemon over TCP."""

    def __init__(self, daemon):
        self.daemon = daemon

    def run(self, *arguments: str, status: int = 0, stdin: str = "", **more: str) -> subprocess.CompletedProcess:
        """Runs a command to its end and checks its exit status."""
        done = subprocess.run([BITTING, *arguments], input=stdin, capture_output=True, text=True, timeout=100,
                              env=environment(self.daemon.url, **more))
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def __call__(self, *arguments: str, **options) -> str:
        """What a command prints."""
        return self.run(*arguments, **options).stdout

    def json(self, *arguments: str) -> dict:
        """What a command prints for programs."""
        return json.loads(self(*arguments, "--json"))

    def refusal(self, status: int, *arguments: str, **options) -> str:
        """The one line with which a command refuses; nothing is printed for programs then."""
        done = self.run(*arguments, status=status, **options)
        assert done.stdout == ""
        return done.stderr


class OnTerminal:
    """`bitting` on a terminal of its own."""

    def __init__(self, url: str, *arguments: str, **more: str):
        master, slave = pty.openpty()
        self.master = master
        self.process = subprocess.Popen([BITTING, *arguments], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment(url, TERM="xterm", **more), start_new_session=True)
        os.close(slave)

    def output(self, timeout: float = 60) -> str:
        """All that it shows until its end."""
        shown, deadline = b"", time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not select.select([self.master], [], [], 0.5)[0]:
                continue
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        self.process.wait(timeout)
        os.close(self.master)
        return shown.decode()
