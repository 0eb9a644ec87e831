"""A fresh Debian box under user-mode Linux, with systemd as its first process and a disk of its own.

The host asks for a command by a file in a folder that both share, as a technician would type it at the console; what
the command prints and its status come back the same way. A box can be rebooted, and its power can be cut.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MEMORY_MIB = 1024
BOOT_SECONDS = 120


@dataclass
class Done:
    """What a command has printed, both streams in one, and its exit status."""

    command: str
    status: int
    output: str
    seconds: float


class Box:
    """The disk is a layer over `image`, which stays as it is."""

    def __init__(self, kernel: Path, image: Path, directory: Path, serial_lines: dict[int, str] | None = None):
        self.kernel, self.image, self.directory = kernel, image, directory
        # Ports of the box (/dev/ttyS1...) and the terminals of this machine that they lead to.
        self.serial_lines = serial_lines or {}
        self.layer = directory / "layer"
        self._boots = 0
        self._guest: subprocess.Popen | None = None

    def boot(self):
        """Switches the box on and waits until its console takes commands."""
        self._boots += 1
        self._asked = 0
        self.shared = self.directory / f"boot-{self._boots}"
        self.shared.mkdir(parents=True)
        self.console = self.directory / f"console-{self._boots}"
        lines = [f"ssl{number}=tty:{terminal}" for number, terminal in self.serial_lines.items()]
        with self.console.open("wb") as console:
            # A group of its own: each process of the box is a process here too, and all end with the kernel.
            self._guest = subprocess.Popen(
                [self.kernel, f"mem={MEMORY_MIB}M", f"ubd0={self.layer},{self.image}", "root=/dev/ubda", "rw",
                 f"umid=box-{os.getpid()}-{self._boots}", "con=null", "con0=fd:0,fd:1", "ssl=null", *lines,
                 f"rig={self.shared}", "panic=-1", "random.trust_cpu=on", "quiet",
                 "systemd.show_status=no", "systemd.default_timeout_start_sec=60s"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                env={**os.environ, "TMPDIR": self._place_for_memory()})
        self._await(self.shared / "up.1", BOOT_SECONDS, "the box to boot")

    def _place_for_memory(self) -> str:
        for place in ("/dev/shm", tempfile.gettempdir()):
            if os.path.isdir(place):
                about = os.statvfs(place)
                if about.f_bavail * about.f_frsize > MEMORY_MIB << 20 and not about.f_flag & os.ST_NOEXEC:
                    return place
        return str(self.directory)

    def try_to(self, command: str, timeout: float = 120, stdin: str | None = None) -> Done:
        """Runs a command of the shell as root; `stdin` is what it reads."""
        begin = time.monotonic()
        place = self._ask(command, stdin)
        self._await(place.with_suffix(".status"), timeout, command)
        return Done(command, int(place.with_suffix(".status").read_text()),
                    place.with_suffix(".out").read_text(errors="replace"), time.monotonic() - begin)

    def _ask(self, command: str, stdin: str | None = None) -> Path:
        self._asked += 1
        place = self.shared / str(self._asked)
        if stdin is not None:
            place.with_suffix(".in").write_text(stdin)
            command = f"{{ {command}\n}} < /run/host/{place.name}.in"
        # It is there as a whole or not at all.
        place.with_suffix(".draft").write_text(command + "\n")
        place.with_suffix(".draft").rename(place.with_suffix(".sh"))
        return place

    def do(self, command: str, timeout: float = 120, stdin: str | None = None) -> str:
        """Runs a command that has to succeed; returns what it printed, without the last line's end."""
        done = self.try_to(command, timeout, stdin)
        assert done.status == 0, f"{command}: status {done.status}\n{done.output}"
        return done.output.rstrip("\n")

    def give(self, source: Path, place: str, mode: str = "644"):
        """Copies a file of this machine onto the disk of the box."""
        given = self.shared / f"given-{source.name}"
        shutil.copyfile(source, given)
        self.do(f"install -D -m {mode} /run/host/{shlex.quote(given.name)} {shlex.quote(place)}")
        given.unlink()

    def write(self, place: str, text: str):
        """Replaces what a file of the box says; its owner and mode stay. It outlives a power cut."""
        self.do(f"cat > {shlex.quote(place)} && sync {shlex.quote(place)}", stdin=text)

    def eventually(self, command: str, what: str = "", timeout: float = 30) -> str:
        """Repeats a command until it succeeds; returns what it printed then."""
        deadline = time.monotonic() + timeout
        while True:
            done = self.try_to(command)
            if done.status == 0:
                return done.output.rstrip("\n")
            assert time.monotonic() < deadline, f"not within {timeout} s: {what or command}\n{done.output}"

    def reboot(self):
        """Ends everything in order and boots again."""
        self._ask("systemctl poweroff")
        assert self._guest is not None
        try:
            self._guest.wait(90)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the box does not end\n{self.last_words()}") from None
        self.boot()

    def cut_power(self):
        """Ends everything at once, as a power cut does: what no program has synced to the disk is lost."""
        self._end()

    def close(self):
        """Switches the box off for good; its disk is gone."""
        self._end()
        self.layer.unlink(missing_ok=True)

    def _end(self):
        guest, self._guest = self._guest, None
        if guest is not None:
            try:
                os.killpg(guest.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            guest.wait()

    def last_words(self) -> str:
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-15:])

    def _await(self, place: Path, timeout: float, what: str):
        deadline = time.monotonic() + timeout
        assert self._guest is not None, "the box is switched off"
        while not place.exists():
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}\n{self.last_words()}"
            try:
                self._guest.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"the box has ended during: {what}\n{self.last_words()}")


if __name__ == "__main__":
    # box.py KERNEL IMAGE COMMAND: for looking around by hand.
    with tempfile.TemporaryDirectory(prefix="box-") as scratch:
        box = Box(Path(sys.argv[1]), Path(sys.argv[2]), Path(scratch))
        try:
            begin = time.monotonic()
            box.boot()
            print(f"booted after {time.monotonic() - begin:.1f} s", file=sys.stderr)
            done = box.try_to(sys.argv[3])
            print(done.output, end="")
            sys.exit(done.status)
        finally:
            box.close()
