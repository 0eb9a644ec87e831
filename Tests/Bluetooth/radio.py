"""The test's hand on the air: starts its process and gives it commands."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from waiting import eventually

HERE = Path(__file__).resolve().parent
ADAPTER = "00:AA:01:00:00:42"
SECOND_ADAPTER = "00:AA:01:00:00:43"


class Radio:
    """One air. `radio("plug", adapter=ADAPTER)` gives it the command of that name; air.py lists them."""

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.log_file = directory / "air.log"
        path = directory / "air.control"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, HERE / "air.py", path], stdout=log, stderr=log)
        self._control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(30)
        eventually(lambda: b"ready" in self.log_file.read_bytes() or self._check(), "the air is ready", 60)
        self._control.connect(str(path))

    def __call__(self, command: str, /, **fields):
        self._control.send(json.dumps({"do": command, **fields}).encode())
        reply = json.loads(self._control.recv(1 << 21))
        assert "error" not in reply, f"{command} {fields}: {reply['error']}"
        return reply["ok"]

    def noted(self, what: str, **fields) -> list[dict]:
        """What the air's journal says of this."""
        return [entry for entry in self("journal")
                if entry["what"] == what and fields.items() <= entry.items()]

    def held(self) -> set[str]:
        """The locks that hold a link."""
        return set(self("links"))

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def close(self):
        self._control.close()
        try:
            assert self.process.wait(20) == 0, self.log()
        finally:
            self.process.kill()

    def _check(self):
        assert self.process.poll() is None, self.log()
