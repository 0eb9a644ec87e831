"""Sealed values a second time, written from docs/backup.md alone: what the daemon keeps of its secrets, and how to
open it with the seal key."""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
from pathlib import Path

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt, crypto_aead_xchacha20poly1305_ietf_encrypt

# Where secrets are in the store: table, column, and what a row is known by.
COLUMNS = [
    ("access_code", "pin", "id"), ("access_code", "announced", "id"),
    ("slot", "written", "lock_id || '/' || number"), ("slot", "observed", "lock_id || '/' || number"),
    ("stranger", "pin", "id"), ("retired_pin", "pin", "lower(hex(digest))"), ("action_attempt", "result", "id"),
    ("event", "payload", "id"), ("device_key", "key", "device"), ("driver_memory", "bytes", "lock_id"),
    ("bond", "bytes", "adapter || '/' || peer"), ("offline_key", "key", "lock_id"), ("offline_code", "pin", "id"),
    ("webhook", "secret", "id"), ("secret", "value", "name"),
]


def keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def key_id(seal_key: bytes) -> str:
    return keyed(seal_key, "bitting seal key: id")[:8].hex()


def open_box(box: bytes, key: bytes, context: str) -> bytes:
    assert box[0] == 1 and len(box) >= 45
    return crypto_aead_xchacha20poly1305_ietf_decrypt(box[29:], context.encode(), box[5:29], key)


class Opened:
    """A data directory whose daemon is stopped, and its seal key; or data keys, as a backup has them."""

    def __init__(self, directory: Path, seal_key: bytes | None = None, data_keys: dict[int, bytes] | None = None):
        self.directory = directory
        self.database = sqlite3.connect(directory / "bitting.sqlite")
        self.keys = data_keys or {}
        if seal_key is not None:
            wrapping = keyed(seal_key, "bitting seal key: wrapping")
            for generation, name, wrapped in self.database.execute("SELECT generation, key_id, wrapped FROM seal"):
                assert name == key_id(seal_key)
                context = f"bitting data key {generation} under {name}"
                self.keys[generation] = open_box(wrapped, wrapping, context)

    def open(self, box: bytes, context: str) -> bytes:
        generation = int.from_bytes(box[1:5], "big")
        return open_box(box, keyed(self.keys[generation], "bitting data key: sealing"), context)

    def seal(self, value: bytes, context: str) -> bytes:
        """Seals as the daemon does, under its newest data key."""
        generation, nonce = max(self.keys), os.urandom(24)
        key = keyed(self.keys[generation], "bitting data key: sealing")
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(value, context.encode(), nonce, key)
        return bytes([1]) + generation.to_bytes(4, "big") + nonce + sealed

    def column(self, table: str, column: str) -> list[bytes]:
        """What is in a column, opened."""
        row = next(row for where, name, row in COLUMNS if (where, name) == (table, column))
        values = self.database.execute(f"SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
        return [self.open(value, f"bitting 1 {table}.{column}\0{place}") for place, value in values]

    def nuki_locks(self, folder: str = "nuki") -> list[dict]:
        """The files of paired locks, opened."""
        found = []
        for path in sorted((self.directory / folder).glob("*.json")):
            kept = json.loads(path.read_text())
            sealed = base64.b64decode(kept["sealed"])
            found.append(json.loads(self.open(sealed, f"bitting 1 file\0nuki/{kept['nuki_id']}.json")))
        return found

    def unsealed(self) -> list[bytes]:
        """Every value of every table that is not sealed."""
        sealed, values = {(table, column) for table, column, _ in COLUMNS} | {("seal", "wrapped")}, []
        for (table,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cursor = self.database.execute(f'SELECT * FROM "{table}"')
            names = [description[0] for description in cursor.description]
            for row in cursor:
                values += [value if isinstance(value, bytes) else str(value).encode()
                           for name, value in zip(names, row) if (table, name) not in sealed and value is not None]
        return values
