"""Backups a second time, written from docs/backup.md alone: how anybody can read one who has what opens it."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt, crypto_box_seal_open, crypto_scalarmult_base
from nacl.pwhash import argon2id

MAGIC = b"BITTING BACKUP 1\n"


def read(file: Path, passphrase: str | None = None, secret_key: bytes | None = None) -> dict[str, bytes]:
    """What is inside, by name."""
    data = file.read_bytes()
    assert data.startswith(MAGIC)
    position = len(MAGIC)
    length = int.from_bytes(data[position:position + 4], "big")
    begin = position + 4 + length
    head = json.loads(data[position + 4:begin])
    if passphrase is not None:
        made = head["passphrase"]
        key = argon2id.kdf(32, passphrase.encode(), bytes.fromhex(made["salt"]), opslimit=made["passes"],
                           memlimit=made["memory_bytes"])
    else:
        public = crypto_scalarmult_base(secret_key)
        assert head["recipient"]["public_key"] == public.hex()
        key = crypto_box_seal_open(bytes.fromhex(head["recipient"]["sealed_key"]), public, secret_key)
    digest, pieces, number = hashlib.sha256(data[:begin]).digest(), [], 0
    while begin < len(data):
        length = int.from_bytes(data[begin:begin + 4], "big")
        piece = data[begin + 4:begin + 4 + length]
        begin += 4 + length
        context = digest + (b"\1" if begin == len(data) else b"\0")
        nonce = bytes.fromhex(head["nonce"]) + number.to_bytes(8, "big")
        pieces.append(crypto_aead_xchacha20poly1305_ietf_decrypt(piece, context, nonce, key))
        number += 1
    assert all(len(piece) == 65536 for piece in pieces[:-1])
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}
