"""The real daemon as a child process, and how a test asks it things."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx

import sdk
from contract import heard_by_httpx
from waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("BITTING_BINARY", ROOT / ".build/debug/bittingd"))
KEY = "seam_testPeer_4Kq7hYb2WnXc8RtZ5mDfGj3s"
LONG_AGO = "2020-01-01T00:00:00.000Z"
FAR_AHEAD = "2199-01-01T00:00:00.000Z"


class Daemon:
    """One data directory and the process that owns it, started, stopped and killed as a test likes."""

    def __init__(self, directory: Path, *arguments: str, key: str | None = KEY):
        self.directory = directory
        self.data = directory / "data"
        self.arguments = arguments or ("--demo",)
        self.key = key
        # Programs that start the daemon: each ends by becoming the next.
        self.wrapper: list[str] = []
        # Variables that the daemon sees beside the tests' own.
        self.environment: dict[str, str] = {}
        self.log_file = directory / "bittingd.log"
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.http: httpx.Client | None = None
        self.anonymous: httpx.Client | None = None
        self._sdk = None
        self._log_start = 0
        directory.mkdir(parents=True, exist_ok=True)

    # The process.

    def spawn(self, listen: str = "127.0.0.1:0") -> subprocess.Popen:
        """Starts the process and returns at once."""
        environment = {name: value for name, value in os.environ.items() if name != "BITTING_API_KEY"}
        if self.key is not None:
            environment["BITTING_API_KEY"] = self.key
        environment |= self.environment
        self._log_start = len(self.log_bytes())
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, BINARY, *self.arguments, "--data-dir", self.data, "--listen", listen],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=self.directory)
        return self.process

    def start(self, timeout: float = 20) -> "Daemon":
        """Starts the process and returns when it answers."""
        self.spawn()
        return self.connect(eventually(self._printed_url, "the daemon prints its address", timeout), timeout)

    def connect(self, url: str, timeout: float = 20) -> "Daemon":
        """Waits until the process answers there, and makes the clients with which it is asked."""
        self.url = url
        self.http, self.anonymous = self.client(authorization=f"Bearer {self.key}"), self.client()
        eventually(self.is_healthy, "the daemon answers /health", timeout)
        self._sdk = self.seam() if self.key else None
        return self

    def stop(self, timeout: float = 10) -> float:
        """Ends the process as systemd would; returns how many seconds it took."""
        assert self.process is not None
        self._hang_up()
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        taken = time.monotonic() - begin
        self.process = None
        assert code == 0, f"ended with {code}\n{self.log()}"
        return taken

    def kill(self):
        """Ends the process as a power cut would."""
        assert self.process is not None
        self._hang_up()
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self) -> "Daemon":
        """Stops it and starts it again over the same data."""
        self.stop()
        return self.start()

    def close(self):
        """Ends whatever still runs, whatever state it is in."""
        if self.process is not None:
            self.stop() if self.process.poll() is None else self.kill()
        self._hang_up()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_healthy(self) -> bool:
        try:
            return self.anonymous.get("/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def log_bytes(self) -> bytes:
        return self.log_file.read_bytes() if self.log_file.exists() else b""

    def log(self) -> str:
        """What this run has printed so far."""
        return self.log_bytes()[self._log_start:].decode(errors="replace")

    def _printed_url(self):
        log = self.log()
        found = re.search(r"https?://127\.0\.0\.1:[1-9]\d*", log)
        if found is None and self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {self.process.returncode} instead of starting:\n{log}")
        return found and found[0]

    def _hang_up(self):
        for client in filter(None, (self.http, self.anonymous)):
            client.close()
        self.http = self.anonymous = self._sdk = None

    # Asking.

    def seam(self, **options) -> sdk.Seam:
        """The official SDK's client."""
        return sdk.client(self.key, self.url, **options)

    def client(self, **headers: str) -> httpx.Client:
        """A client for raw HTTP with nothing but these headers; the contract sees all that it is answered."""
        return httpx.Client(base_url=self.url, timeout=30, headers=headers, verify=False,
                            event_hooks={"response": [heard_by_httpx]})

    def ask(self, path: str, /, status: int = 200, **fields) -> dict:
        """Calls the SDK's method of a path in the SDK's own dialect, checks the status, returns the JSON."""
        answer = sdk.ask(self._sdk, path, fields)
        assert answer.status == status, str(answer)
        return answer.json()

    def post(self, path: str, body: dict | None = None, status: int = 200) -> dict:
        """Posts raw JSON, also such as the SDK would not send; checks the status, returns the JSON."""
        response = self.http.post(path, json=body or {})
        assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def events(self, event_type: str | None = None, **fields) -> list[dict]:
        """All events of a type whose fields are as given, oldest first."""
        wanted = {"event_type": event_type} if event_type else {}
        return [event for event in self.ask("/events/list", since=LONG_AGO, limit=5000, **wanted)["events"]
                if fields.items() <= event.items()]

    def wait_for_event(self, event_type: str, timeout: float = 15, **fields) -> dict:
        """The first such event, now or soon."""
        return eventually(lambda: self.events(event_type, **fields), f"{event_type} {fields}", timeout)[0]

    def door(self, name: str, timeout: float = 30) -> dict:
        """A device by its name, once it is online."""
        def online():
            device = self.ask("/devices/get", name=name)["device"]
            return device if device["properties"]["online"] else None
        return eventually(online, f"{name} is online", timeout)

    def code(self, access_code_id: str) -> dict:
        """An access code as it stands."""
        return self.ask("/access_codes/get", access_code_id=access_code_id)["access_code"]

    def wait_for_code(self, access_code_id: str, timeout: float = 15, **fields) -> dict:
        """An access code as soon as its fields are as given."""
        def matches():
            code = self.code(access_code_id)
            assert fields.items() <= code.items(), code
            return code
        return eventually(matches, f"code with {fields}", timeout)

    def type_code(self, device_id: str, code: str) -> dict:
        """Types a PIN at a simulated door; returns the finished action attempt."""
        attempt = self.ask("/locks/simulate/keypad_code_entry", device_id=device_id, code=code)
        return self.finished(attempt["action_attempt"]["action_attempt_id"])

    def finished(self, action_attempt_id: str, timeout: float = 30) -> dict:
        """An action attempt once it is not pending."""
        def done():
            got = self.ask("/action_attempts/get", action_attempt_id=action_attempt_id)["action_attempt"]
            return got if got["status"] != "pending" else None
        return eventually(done, "the action attempt finishes", timeout)
