"""Keypad readers on a serial line, for the daemon to talk to.

The readers are libosdp's peripheral device (PyPI `libosdp` 3.2.9), which nobody here wrote. The line is a
pseudo-terminal; this module is its copper: it carries frames between the daemon and all readers, can be cut and
pulled out, and remembers every frame that passed.
"""

import contextlib
import ctypes
import os
import select
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from osdp import (Capability, Channel, Command, Event, LibFlag, LogLevel, PDCapabilities, PDInfo, PdId,
                  PeripheralDevice, StatusReportType)

from waiting import eventually

# The wheel takes its nonces from libc rand() and never seeds it: without this every run has the same RND.B.
ctypes.CDLL(None).srand(int.from_bytes(os.urandom(4), "little"))

COMMAND_NAMES = {getattr(Command, name): name.lower() for name in vars(Command) if name[0].isupper()}
KEYS = {"#": 0x0D, "*": 0x7F}
MARK, START = 0xFF, 0x53
POLL, ID, CAP, CHLNG, SCRYPT = 0x60, 0x61, 0x62, 0x76, 0x77
NAK = 0x41


@dataclass(frozen=True)
class Frame:
    """One frame on the line.

    offset 0  0x53
    offset 1  address, bit 7 set in a reply
    offset 2  length of the frame, little-endian 16 bits
    offset 4  bits 0-1 sequence, bit 2 CRC, bit 3 a security block follows
    offset 5  security block {length, type, ...} if any, then the command or reply code, data, check
    """

    raw: bytes
    at: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return f"{self.at:.3f} {'  <-' if self.is_reply else '->  '} {self.raw.hex(' ')}"

    @property
    def address(self) -> int:
        return self.raw[1] & 0x7F

    @property
    def is_reply(self) -> bool:
        return bool(self.raw[1] & 0x80)

    @property
    def security_block(self) -> bytes:
        return self.raw[5:5 + self.raw[5]] if self.raw[4] & 0x08 else b""

    @property
    def code(self) -> int:
        return self.raw[5 + len(self.security_block)]

    @property
    def is_in_session(self) -> bool:
        """True for the security blocks 15 to 18, which only exist inside an established session."""
        return len(self.security_block) > 1 and 0x15 <= self.security_block[1] <= 0x18


def crc16(data: bytes) -> bytes:
    """The check at the end of a frame: polynomial 1021, start 1D0F, little-endian."""
    crc = 0x1D0F
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc.to_bytes(2, "little")


def take_frames(buffer: bytearray):
    """Removes whole frames from the front of `buffer` and returns them; what is no frame is thrown away."""
    frames = []
    while True:
        start = buffer.find(START)
        if start < 0:
            buffer.clear()
            return frames
        del buffer[:start]
        if len(buffer) < 4:
            return frames
        length = int.from_bytes(buffer[2:4], "little")
        if not 7 <= length <= 1440:
            del buffer[0]
            continue
        if len(buffer) < length:
            return frames
        frames.append(Frame(bytes(buffer[:length])))
        del buffer[:length]


class Reader(Channel):
    """One keypad reader with two outputs and two inputs, at an address of a line."""

    def __init__(self, address: int = 5, key: bytes | None = None, install: bool = False, serial: int | None = None):
        super().__init__()
        self.address = address
        self.line: Line | None = None
        self.commands: list[tuple[str, dict]] = []
        self.refused: set[str] = set()
        self.inbox: deque[bytes] = deque()
        self.is_mute = False
        flags = [LibFlag.EnforceSecure] if key else [LibFlag.InstallMode] if install else []
        # The vendor code is the block of addresses set aside for documentation.
        identity = PdId(version=1, model=2, vendor_code=0x00005E,
                        serial_number=0x01020300 + address if serial is None else serial,
                        firmware_version=0x010203)
        capabilities = PDCapabilities([
            (Capability.ContactStatusMonitoring, 1, 2), (Capability.OutputControl, 1, 2),
            (Capability.CardDataFormat, 1, 0), (Capability.LEDControl, 2, 1),
            (Capability.AudibleControl, 2, 1), (Capability.TextOutput, 1, 1)])
        self.device = PeripheralDevice(
            PDInfo(address, self, scbk=key, name=f"reader-{address}", flags=flags, id=identity),
            capabilities, log_level=LogLevel.Emergency, command_handler=self._obey)

    # What libosdp asks of a channel.
    def read(self, max_bytes: int) -> bytes:
        return self.inbox.popleft() if self.inbox else b""

    def write(self, data: bytes) -> int:
        if self.line is not None and not self.is_mute:
            self.line.carry_reply(bytes(data))
        return len(data)

    def flush(self) -> None:
        self.inbox.clear()

    def _obey(self, command: dict):
        kind = COMMAND_NAMES.get(command["command"], str(command["command"]))
        values = {key: value for key, value in command.items() if key != "command"}
        self.commands.append((kind, values))
        return (-1, None) if kind in self.refused else (0, None)

    def _submit(self, event: dict):
        assert self.line is not None, "a reader that hangs on no line"
        with self.line.lock:
            self.device.ctx.submit_event(event)

    # What a test does with it.
    def press(self, keys: str):
        """Types keys one after the other; each travels in a reply of its own. `#` ends, `*` clears."""
        for key in keys:
            self._submit({"event": Event.KeyPress, "reader_no": 0, "data": bytes([KEYS.get(key, ord(key))])})

    def press_in_one_burst(self, keys: str):
        """Types keys that all travel in one reply, as readers do that buffer."""
        data = bytes(KEYS.get(key, ord(key)) for key in keys)
        self._submit({"event": Event.KeyPress, "reader_no": 0, "data": data})

    def set_inputs(self, *active: bool):
        """Changes the inputs; the reader tells of it unasked."""
        self._submit({"event": Event.Status, "type": StatusReportType.Input, "report": bytes(active)})

    def set_tamper(self, tampered: bool):
        """Opens or closes the housing."""
        self._submit({"event": Event.Status, "type": StatusReportType.Local, "report": bytes([tampered, 0])})

    def forget_commands(self):
        """Starts a new list of commands."""
        self.commands.clear()

    def received(self, kind: str, **values) -> list[dict]:
        """All commands of a kind since the last forgetting that carry these values."""
        return [got for got_kind, got in list(self.commands)
                if got_kind == kind and values.items() <= got.items()]

    @property
    def is_secure(self) -> bool:
        """True inside an established secure session."""
        with self.line.lock:
            return bool(self.device.ctx.is_sc_active())


class Line:
    """An RS-485 line: what the daemon sends reaches every reader, what a reader sends reaches the daemon."""

    def __init__(self, path: Path, *readers: Reader):
        self.path = path
        self.readers = readers
        self.lock = threading.RLock()
        self.frames: list[Frame] = []
        self.is_cut = False
        self._buffer = bytearray()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line {path.name}", daemon=True)
        self.plug_in()
        for reader in readers:
            reader.line = self
        self._thread.start()

    def plug_in(self):
        """Makes the port; its name stays the same however often it is pulled out."""
        with self.lock:
            self._outer, inner = os.openpty()
            os.set_blocking(self._outer, False)
            beside = self.path.with_suffix(".new")
            beside.symlink_to(os.ttyname(inner))
            beside.replace(self.path)
            # Only the daemon has the port open: what it locks must be free again when it is killed.
            os.close(inner)

    def pull_out(self):
        """Removes the port: whoever has it open gets a hang-up."""
        with self.lock:
            self.path.unlink()
            os.close(self._outer)
            self._outer = None

    def cut(self):
        """Nothing gets through any more, in either direction."""
        with self.lock:
            self.is_cut = True

    def mend(self):
        """Everything gets through again."""
        with self.lock:
            self.is_cut = False
            self._buffer.clear()

    def close(self):
        """Ends the line and its thread."""
        self._stopped.set()
        self._thread.join()
        if self._outer is not None:
            os.close(self._outer)
        self.path.unlink(missing_ok=True)

    def carry_reply(self, data: bytes):
        """Takes what a reader sends; called by libosdp on the line's thread, which holds the lock."""
        self.frames += take_frames(bytearray(data))
        if not self.is_cut:
            self._write(data)

    def inject(self, data: bytes):
        """Puts bytes on the line that no reader sent: noise, or an attacker."""
        with self.lock:
            self._write(data)

    def sent(self, code: int | None = None, address: int | None = None) -> list[Frame]:
        """The daemon's frames so far, all or those with a command code or to one address."""
        with self.lock:
            return [frame for frame in self.frames if not frame.is_reply
                    and code in (None, frame.code) and address in (None, frame.address)]

    def replies(self, code: int) -> list[Frame]:
        """The readers' frames so far with a reply code."""
        with self.lock:
            return [frame for frame in self.frames if frame.is_reply and frame.code == code]

    def forget_frames(self):
        """Starts a new record."""
        with self.lock:
            self.frames.clear()

    def wait_until_polled(self, timeout: float = 10):
        """Returns as soon as every reader was polled since now: keys pressed before may not count."""
        begin = time.monotonic()

        def polls(address: int) -> list[Frame]:
            return [frame for frame in self.sent(POLL, address) if frame.at > begin]

        for reader in self.readers:
            eventually(lambda: len(polls(reader.address)) > 3, f"reader {reader.address} is polled", timeout)

    def _run(self):
        while not self._stopped.is_set():
            with self.lock:
                outer = self._outer
            # libosdp wants to be called often even when nothing arrives.
            ready = self._wait_for_bytes(outer, 0.002)
            with self.lock:
                if outer is not None and outer == self._outer and ready:
                    self._receive(outer)
                for reader in self.readers:
                    reader.device.ctx.refresh()

    def _write(self, data: bytes):
        if self._outer is not None:
            with contextlib.suppress(OSError):  # nobody has the port open: the bytes are lost
                os.write(self._outer, data)

    def _wait_for_bytes(self, outer: int | None, seconds: float) -> bool:
        if outer is None:
            self._stopped.wait(seconds)
            return False
        try:
            return bool(select.select([outer], [], [], seconds)[0])
        except OSError:  # just pulled out
            return False

    def _receive(self, outer: int):
        try:
            data = os.read(outer, 4096)
        except OSError:  # nobody has the port open
            self._stopped.wait(0.002)
            return
        if self.is_cut:
            return
        self._buffer += data
        # The wheel loses a frame that reaches it in two pieces, so it gets one whole frame at a time.
        for frame in take_frames(self._buffer):
            self.frames.append(frame)
            for reader in self.readers:
                reader.inbox.append(frame.raw)
                reader.device.ctx.refresh()
