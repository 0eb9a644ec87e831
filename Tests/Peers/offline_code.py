"""Offline access codes, written from docs/offline-codes.md alone. Shares no code with the gateway."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

HOURLY, DAILY, WEEKLY, ONCE = 1, 2, 3, 4
VARIANTS = {HOURLY: 3, DAILY: 2, WEEKLY: 1, ONCE: 21}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Code:
    """What the digits say."""
    start: int
    kind: int
    length: int
    variant: int = 0

    @property
    def hours(self) -> int:
        return self.length * {HOURLY: 1, DAILY: 24, WEEKLY: 168, ONCE: 1}[self.kind]

    @property
    def slot(self) -> int:
        return {
            HOURLY: (self.length - 1) * 3 + self.variant,
            DAILY: 216 + (self.length - 4) * 2 + self.variant,
            WEEKLY: 334 + (self.length - 9),
            ONCE: 379 + self.variant,
        }[self.kind]

    @property
    def begins(self) -> datetime:
        return EPOCH + self.start * HOUR

    @property
    def ends(self) -> datetime:
        return self.begins + self.hours * HOUR

    @property
    def first_use_ends(self) -> datetime:
        return self.begins + min(self.hours, 24) * HOUR


def every_length():
    """Kind and length of every code there is."""
    yield from ((HOURLY, hours) for hours in range(1, 73))
    yield from ((DAILY, days) for days in range(4, 63))
    yield from ((WEEKLY, weeks) for weeks in range(9, 54))
    yield ONCE, 24


BY_SLOT = {
    Code(0, kind, length, variant).slot: (kind, length, variant)
    for kind, length in every_length() for variant in range(VARIANTS[kind])
}


class Key:
    """The secret of one door."""

    def __init__(self, door: str, generation: int, secret: bytes):
        assert len(secret) == 32
        message = b"bitting offline code 1\0" + generation.to_bytes(4, "big") + door.encode()
        self._key = hmac.digest(secret, message, hashlib.sha256)

    def _number(self, message: bytes, modulus: int) -> int:
        return int.from_bytes(hmac.digest(self._key, message, hashlib.sha256)[:8], "big") % modulus

    def _mask(self, number: int, value: int, modulus: int) -> int:
        return self._number(bytes([number]) + value.to_bytes(4, "big"), modulus)

    def tag(self, code: Code) -> int:
        return self._number(
            bytes([0, code.kind]) + code.length.to_bytes(2, "big") + bytes([code.variant])
            + code.start.to_bytes(4, "big"), 100_000)

    def pin(self, code: Code) -> str:
        """The nine digits."""
        index, tag = code.start % 25 * 400 + code.slot, self.tag(code)
        index = (index + self._mask(1, tag, 10_000)) % 10_000
        tag = (tag + self._mask(2, index, 100_000)) % 100_000
        index = (index + self._mask(3, tag, 10_000)) % 10_000
        tag = (tag + self._mask(4, index, 100_000)) % 100_000
        return f"{index * 100_000 + tag:09}"

    def parts(self, pin: str) -> tuple[int, int]:
        """Index and tag of nine digits."""
        index, tag = divmod(int(pin), 100_000)
        tag = (tag - self._mask(4, index, 100_000)) % 100_000
        index = (index - self._mask(3, tag, 10_000)) % 10_000
        tag = (tag - self._mask(2, index, 100_000)) % 100_000
        index = (index - self._mask(1, tag, 10_000)) % 10_000
        return index, tag


@dataclass
class Door:
    """A door that has its key, a clock and a memory."""
    key: Key
    tolerance: timedelta = timedelta(minutes=10)
    memory: list[Code] = field(default_factory=list)

    def opens(self, pin: str, now: datetime) -> Code | None:
        """The code that opens the door now; None when the digits do not open it."""
        if len(pin) != 9 or not pin.isascii() or not pin.isdigit():
            return None
        index, tag = self.key.parts(pin)
        remainder, slot = divmod(index, 400)
        latest = (now + self.tolerance - EPOCH) // HOUR
        start = latest - (latest - remainder) % 25
        code = Code(start, *BY_SLOT[slot])
        if start >= 0 and self.key.tag(code) == tag and now < code.first_use_ends + self.tolerance:
            if code.kind == ONCE and code in self.memory:
                return None
            if code not in self.memory and (code.kind == ONCE or code.hours > 24):
                if len(self.memory) < 512:
                    self.memory.append(code)
                elif code.kind == ONCE:
                    return None
            return code
        for code in self.memory:
            if code.slot == slot and code.start % 25 == remainder and self.key.tag(code) == tag:
                return code if code.kind != ONCE and now < code.ends + self.tolerance else None
        return None
