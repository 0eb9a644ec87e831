"""A site of OSDP doors: readers on a line, the configuration that names them, the daemon that runs them."""

import contextlib
import json
from pathlib import Path

from gateway import Daemon
from osdp_reader import Line, Reader
from waiting import eventually

KEY = bytes.fromhex("7c4f0a93d15be8264760b2c9e83d51fa")
OTHER_KEY = bytes.fromhex("31e6c8b5402f9d7a85d3174ec06b92af")


class Site:
    """Doors `Door 5`, `Door 6`, ... one for each reader's address."""

    def __init__(self, directory: Path, readers: list[Reader], secure_channel: str = "plain",
                 keypad: dict | None = None, lock_out: dict | None = None):
        self.directory = directory
        self.readers = readers
        self.reader = readers[0]
        self.line = Line(directory / "line", *readers)
        self.config = directory / "bitting.yaml"
        # JSON is YAML.
        self.config.write_text(json.dumps(self._configuration(secure_channel, keypad or {}, lock_out), indent=2))
        if secure_channel == "required":
            (directory / "readers.key").write_text(KEY.hex() + "\n")
        self.daemon = Daemon(directory / "gateway", "--config", str(self.config))

    def _configuration(self, secure_channel: str, keypad: dict, lock_out: dict | None) -> dict:
        key = {"key_file": "readers.key"} if secure_channel == "required" else {}
        doors = []
        for reader in self.readers:
            name = f"reader-{reader.address}"
            doors.append({
                "name": f"Door {reader.address}",
                "reader": {"device": name, "reader": 0, "led": 0},
                "strike": {"device": name, "output": 0, "seconds": 3},
                "contact": {"device": name, "input": 0, "open_when": "active"},
                "exit_button": {"device": name, "input": 1},
                "keypad": {"terminator": "#", "inter_digit_timeout": "5s", "code_lengths": [4, 5, 6], **keypad},
                **({"lock_out": lock_out} if lock_out else {}),
            })
        return {
            "site": {"name": "Harbour Street 12", "time_zone": "Europe/Berlin"},
            "api": {"rate_limits": "off"},
            "lines": [{
                "name": "front", "port": str(self.line.path), "baud": 9600, "protocol": "osdp",
                "devices": [{"name": f"reader-{reader.address}", "address": reader.address,
                             "secure_channel": secure_channel, **key} for reader in self.readers]}],
            "doors": doors,
        }

    def start(self) -> "Site":
        """Starts the daemon and waits until all doors are online and listen."""
        self.daemon.start()
        for reader in self.readers:
            self.daemon.door(f"Door {reader.address}")
        self.line.wait_until_polled()
        return self

    def door(self, reader: Reader | None = None) -> dict:
        """The device of a reader's door as it stands."""
        name = f"Door {(reader or self.reader).address}"
        return self.daemon.ask("/devices/get", name=name)["device"]

    def make_code(self, reader: Reader | None = None, **fields) -> dict:
        """An access code at a reader's door, active already unless it has a window."""
        body = {"device_id": self.door(reader)["device_id"], **fields}
        code = self.daemon.ask("/access_codes/create", **body)["access_code"]
        return code if "starts_at" in fields else self.daemon.wait_for_code(code["access_code_id"], status="set")

    def enter(self, code: dict) -> dict:
        """Types a code, again after two seconds if nothing happens, as people do; returns the entry that is told.

        A libosdp reader forgets a key whose reply got lost, and replies do get lost around a cut cable.
        """
        before = len(self.entries(code))
        for _ in range(3):
            self.reader.press(code["code"] + "#")
            with contextlib.suppress(AssertionError):
                return eventually(lambda: self.entries(code)[before:], "the door opens", timeout=2)[0]
        raise AssertionError("the door does not open however often the code is typed")

    def entries(self, code: dict) -> list[dict]:
        """The entries told with an access code."""
        return self.daemon.events("lock.unlocked", access_code_id=code["access_code_id"])

    def close(self):
        try:
            self.daemon.close()
        finally:
            self.line.close()
