"""Looks for known secrets in whatever a gateway leaves behind, in every form they could have."""

import base64
from pathlib import Path


class Canary:
    """One secret, and how it would look."""

    def __init__(self, name: str, secret: bytes, digits: str | None = None):
        self.name = name
        forms = {"plain": secret, "UTF-16": secret.decode("latin-1").encode("utf-16-le"),
                 "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode(),
                 "hex, spaced": secret.hex(" ").encode(), "HEX, spaced": secret.hex(" ").upper().encode(),
                 "hex, colons": secret.hex(":").encode(), "reversed": secret[::-1],
                 "numbers": ", ".join(map(str, secret)).encode(), "numbers, close": ",".join(map(str, secret)).encode()}
        forms |= {f"base64 at {offset}": form for offset, form in enumerate(base64_forms(secret))}
        forms |= {f"base64url at {offset}": form.translate(bytes.maketrans(b"+/", b"-_"))
                  for offset, form in enumerate(base64_forms(secret))}
        if digits:
            even = digits if len(digits) % 2 == 0 else digits + "f"
            bcd = bytes.fromhex(even)
            forms |= {"spaced": " ".join(digits).encode(), "dashed": "-".join(digits).encode(),
                      "listed": ", ".join(digits).encode(), "BCD": bcd,
                      "BCD, swapped": bytes(byte >> 4 | (byte & 15) << 4 for byte in bcd),
                      "digits as bytes": bytes(map(int, digits)),
                      "as a number": int(digits).to_bytes(4, "little"), "as a number, big": int(digits).to_bytes(4, "big")}
        self.forms = forms

    def found(self, data: bytes, shortest: int = 1) -> list[str]:
        """The forms that are in the data."""
        return [f"{self.name}, {form}" for form, look in self.forms.items() if len(look) >= shortest and look in data]


def base64_forms(secret: bytes) -> list[bytes]:
    """The digits that the secret surely has in base64, wherever in a group of three bytes it begins."""
    forms = []
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + secret)
        first = -(-offset * 8 // 6)
        last = (offset + len(secret)) * 8 // 6
        forms.append(text[first:last])
    return forms


def of_pin(name: str, digits: str) -> Canary:
    return Canary(name, digits.encode(), digits)


def in_files(canaries: list[Canary], *paths: Path, shortest: int = 6) -> list[str]:
    """Searches files and directories. Ciphertext is as good as random: there a form of four bytes would be found by
    chance once in a while."""
    found = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                data = file.read_bytes()
                found += [f"{file.name}: {what}" for canary in canaries for what in canary.found(data, shortest)]
    return found
