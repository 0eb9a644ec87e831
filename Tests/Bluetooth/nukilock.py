"""A simulated Nuki lock as a process, put on the air, and the people and accidents at it."""

import json
import signal
import socket
import subprocess
from pathlib import Path

from gateway import BINARY
from radio import Radio
from waiting import eventually

BITTING = BINARY.with_name("bitting")
# Commands of the lock's protocol, as the simulated lock counts them and as its faults name them.
ADD_CODE, LIST_CODES, UPDATE_CODE, REMOVE_CODE = "0041", "0043", "0046", "0047"
REQUEST_DATA, READ_LOG, LOCK_ACTION, UPDATE_TIME, VERIFY_PIN, CONFIG = "0001", "0031", "000D", "0021", "0020", "0014"


class NukiLock:
    """One lock. `lock("press_button")` has somebody do that; `bitting simulate nuki --help` and NukiLockControl say more."""

    def __init__(self, radio: Radio, directory: Path, name: str, number: int, generation: int = 4,
                 pin: str | None = None, public: bool = True, **options):
        self.radio, self.name, self.generation = radio, name, generation
        # What happened is signalled to bridges, which the fifth generation has not.
        self.signals_news = generation < 5
        self.pin = pin or ("482915" if generation == 5 else "4321")
        self.nuki_id = f"1A2B3C{number:02X}"
        # A real lock's address is registered, and ends like its identifier.
        self.address = f"54:D2:72:2B:3C:{number:02X}" if public else f"C0:D2:72:2B:3C:{number:02X}"
        self.socket_path = directory / f"{self.nuki_id}"
        self.log_file = directory / f"{self.nuki_id}.log"
        directory.mkdir(parents=True, exist_ok=True)
        arguments = {"socket": self.socket_path, "generation": generation, "pin": self.pin, "nuki-id": self.nuki_id,
                     **{option.replace("_", "-"): value for option, value in options.items()}}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [BITTING, "simulate", "nuki", *(word for name, value in arguments.items()
                                                for word in (f"--{name}", str(value)))], stdout=log, stderr=log)
        self._control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(30)
        eventually(lambda: "ready" in self.log() or self._check(), f"{name} is ready", 60)
        self._control.connect(f"{self.socket_path}.control")
        radio("add_lock", name=name, address=self.address, public=public, att=str(self.socket_path),
              advertisements=f"{self.socket_path}.air")

    def __call__(self, deed: str, /, **fields):
        self._control.send(json.dumps({"do": deed, **fields}).encode())
        reply = json.loads(self._control.recv(1 << 18))
        assert "error" not in reply, f"{self.name}: {deed} {fields}: {reply['error']}"
        return reply["ok"]

    def state(self) -> dict:
        return self("state")

    def codes(self) -> dict[str, dict]:
        """What the keypad knows, by PIN."""
        return {str(code["code"]): code for code in self.state()["codes"]}

    def requests(self, command: str) -> int:
        """How many such requests the lock has understood since it was made."""
        return self.state()["requests"].get(command, 0)

    def type(self, code: str) -> bool:
        """Somebody types a code; true when the lock opens. Returns when the lock has written it into its log."""
        before = self.state()["newest_record"]
        has_opened = self("type", code=code)["opened"]
        eventually(lambda: self.state()["newest_record"] > before, "the entry is in the log", 30)
        return has_opened

    def turn(self, action: str):
        """Somebody locks or unlocks by hand."""
        self("turn", action=action)

    def lose_answers(self, command: str, times: int = 1):
        """The lock does what the next such command says, then drops the link instead of answering."""
        self("fault", command=command, fault="link_dropped", times=times)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def close(self):
        self._control.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(10) == 0, self.log()
        finally:
            self.process.kill()

    def _check(self):
        assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}: {self.log()}"
