"""Certificates of a private authority, as an installer would have them."""

import datetime
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.datetime.now(datetime.UTC)
PEM = serialization.Encoding.PEM


class Authority:
    """A private certificate authority; what it issues is written as files."""

    def __init__(self, directory: Path, name: str = "Site CA"):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = (
            self._begin(self._name, self._key.public_key(), datetime.timedelta(days=-1), datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(*[False] * 5, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256()))
        self.file = directory / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(certificate.public_bytes(PEM))

    def _begin(self, subject, key, begins, ends):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
                .serial_number(x509.random_serial_number()).not_valid_before(NOW + begins).not_valid_after(NOW + ends))

    def issue(self, name: str = "gateway", hosts: tuple[str, ...] = ("localhost", "127.0.0.1"), *,
              begins: float = -1, ends: float = 90, passphrase: bytes | None = None) -> "Issued":
        """A certificate for these hosts; `begins` and `ends` in days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
                 for host in hosts]
        certificate = (
            self._begin(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), key.public_key(),
                        datetime.timedelta(days=begins), datetime.timedelta(days=ends))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256()))
        form = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        issued = Issued(self.directory / f"{name}.pem", self.directory / f"{name}.key", certificate.serial_number,
                        certificate.not_valid_after_utc.timestamp())
        issued.certificate.write_bytes(certificate.public_bytes(PEM))
        issued.key.touch(0o600)
        issued.key.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, form))
        return issued


class Issued:
    """The files of one certificate."""

    def __init__(self, certificate: Path, key: Path, serial: int, ends: float):
        self.certificate, self.key, self.serial, self.ends = certificate, key, serial, ends

    def replaces(self, other: "Issued"):
        """Puts these files in the place of others, each at once, as certbot does."""
        for mine, place in ((self.certificate, other.certificate), (self.key, other.key)):
            new = place.with_suffix(".new")
            new.write_bytes(mine.read_bytes())
            os.replace(new, place)
