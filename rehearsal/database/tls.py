"""A certificate authority of our own in the place of RDS's: clients verify servers by it as they would there."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = timedelta(days=3650)
SKEW = timedelta(minutes=5)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    directory: Path

    @property
    def bundle(self) -> Path:
        """What a client trusts."""
        return self.directory / "ca.pem"

    @property
    def _key(self) -> Path:
        return self.directory / "ca.key"

    def ensure(self) -> Authority:
        if not (self.bundle.exists() and self._key.exists()):
            self.directory.mkdir(parents=True, exist_ok=True)
            key, name = ec.generate_private_key(ec.SECP256R1()), _name("COKO rehearsal database CA")
            made = (_begin(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                    .add_extension(_usage(signs=True), critical=True).sign(key, hashes.SHA256()))
            write_key(self._key, key)
            self.bundle.write_bytes(made.public_bytes(Encoding.PEM))
        return self

    def issue(self, into: Path, names: Sequence[str], addresses: Sequence[str]) -> Pair:
        """For a server that answers to these names at these addresses."""
        issuer = x509.load_pem_x509_certificate(self.bundle.read_bytes())
        signer = load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(signer, Key)
        key = ec.generate_private_key(ec.SECP256R1())
        subjects = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)]
        made = (_begin(_name("database"), issuer.subject, key)
                .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(_usage(signs=False), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
                .sign(signer, hashes.SHA256()))
        pair = Pair(into / "server.pem", into / "server.key")
        write_key(pair.key, key)
        pair.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        return pair


def _begin(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - SKEW).not_valid_after(now + YEARS)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False)


def write_key(path: Path, key: Key) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
