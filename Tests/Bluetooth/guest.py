"""Runs a command as root under a user-mode Linux kernel that has Bluetooth. Needs no root, no KVM, no module.

The guest's root is this machine's own `/` below a layer in memory: its programs, the checkout and the Python
environment stand at the same paths. What the guest writes is gone afterwards, except below $GUEST_OUT, which is
`--out` here. The command's output comes back as it is written, its exit status is the exit status here.

    guest.py --kernel PATH [--timeout SECONDS] [--memory MIB] [--out DIRECTORY] -- COMMAND [ARGUMENT...]
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMED_OUT, NO_GUEST = 124, 125
GUEST_OUT = "/run/guest-out"

# Runs as the guest's first process, on the host's files, read-only.
FIRST = """\
#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root; cd /mnt/root
mount -t proc proc proc; mount -t sysfs sysfs sys; mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm; mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs dev/shm; mount -t tmpfs tmpfs run
mkdir run/guest-out; mount -t hostfs -o {out} none run/guest-out
ln -sfn /proc/self/fd dev/fd
exec chroot . {guest_out}/.second
"""

# Goes on in the layer.
SECOND = """\
#!/bin/bash
hostname guest; ip link set lo up
setsid timeout -k 5 {timeout} bash {guest_out}/.command < /dev/null > {guest_out}/.output 2>&1
echo $? > {guest_out}/.status
exec busybox poweroff -f
"""


def write_scripts(out: Path, command: list[str], timeout: int):
    environment = {**os.environ, "GUEST_OUT": GUEST_OUT}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items() if name.isidentifier()]
    lines += [f"cd {shlex.quote(os.getcwd())}", "exec " + shlex.join(command)]
    (out / ".command").write_text("\n".join(lines) + "\n")
    (out / ".first").write_text(FIRST.format(out=shlex.quote(str(out)), guest_out=GUEST_OUT))
    (out / ".second").write_text(SECOND.format(timeout=timeout, guest_out=GUEST_OUT))
    for name in (".first", ".second"):
        (out / name).chmod(0o755)
    (out / ".output").write_bytes(b"")
    (out / ".status").unlink(missing_ok=True)


def place_for_memory(memory: int, out: Path) -> Path:
    """Where the kernel keeps the guest's memory as a deleted file: large enough, and code in it may be run."""
    for place in (Path("/dev/shm"), Path(tempfile.gettempdir())):
        if place.is_dir():
            about = os.statvfs(place)
            if about.f_bavail * about.f_frsize > memory << 20 and not about.f_flag & os.ST_NOEXEC:
                return place
    return out


def boot(kernel: Path, out: Path, memory: int, console) -> subprocess.Popen:
    environment = {**os.environ, "TMPDIR": str(place_for_memory(memory, out))}
    # Its own group: a guest process is a process here too, and all of them have to end with the kernel.
    return subprocess.Popen(
        [kernel, f"mem={memory}M", "rootfstype=hostfs", "rootflags=/", "ro", f"init={out}/.first",
         "con=null", "con0=fd:0,fd:1", "panic=-1", "random.trust_cpu=on", "quiet"],
        stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment, start_new_session=True)


def end(guest: subprocess.Popen):
    try:
        os.killpg(guest.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    guest.wait()


def copy_output(source, target):
    if chunk := source.read():
        target.write(chunk)
        target.flush()


def run(kernel: Path, command: list[str], timeout: int, memory: int, out: Path, output) -> int:
    """Copies what the command prints to `output`; returns its exit status."""
    out.mkdir(parents=True, exist_ok=True)
    out = out.resolve()
    write_scripts(out, command, timeout)
    # Booting and shutting down take seconds; a guest that is stuck itself ends a minute after its command should have.
    deadline = time.monotonic() + timeout + 60
    with (out / ".console").open("wb") as console, (out / ".output").open("rb") as printed:
        guest = boot(kernel, out, memory, console)
        try:
            running = True
            while running and time.monotonic() < deadline:
                try:
                    guest.wait(0.1)
                    running = False
                except subprocess.TimeoutExpired:
                    pass
                copy_output(printed, output)
        finally:
            end(guest)
        copy_output(printed, output)
    status = out / ".status"
    if status.exists() and status.read_text().strip():
        return int(status.read_text())
    said = (out / ".console").read_text(errors="replace").splitlines()
    output.write(f"The guest gave no exit status. Its kernel's last words ({out}/.console):\n".encode())
    output.write("\n".join(said[-15:]).encode() + b"\n")
    return TIMED_OUT if running else NO_GUEST


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.rpartition("\n\n")[2].strip())
    parser.add_argument("--kernel", type=Path, required=True)
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--memory", type=int, default=2048)
    parser.add_argument("--out", type=Path)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="guest-") as scratch:
        return run(options.kernel, options.command, options.timeout, options.memory,
                   options.out or Path(scratch), sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(main())
