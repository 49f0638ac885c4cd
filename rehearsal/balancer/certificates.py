"""The rehearsal's own authority, in the place of ACM: one CA a rehearsal, one leaf a certificate, made when needed."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE, LEAF_LIFE, EARLY = timedelta(days=3650), timedelta(days=397), timedelta(days=30)
NAME = "coko rehearsal CA"


@dataclass(frozen=True)
class Authority:
    """Its key stays in a directory that only its owner reads."""

    directory: Path

    @property
    def certificate(self) -> Path:
        """What a browser or `curl --cacert` has to trust."""
        return self.directory / "ca.pem"

    def make(self) -> None:
        if self.certificate.exists() and (self.directory / "ca.key").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(NAME)
        usage = x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False,
                              data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                              encipher_only=False, decipher_only=False)
        made = (_builder(name, name, key, CA_LIFE)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(usage, critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .sign(key, hashes.SHA256()))
        _write(self.directory / "ca.key", _private(key))
        _write(self.certificate, made.public_bytes(serialization.Encoding.PEM))

    def issue(self, path: Path, names: Sequence[str]) -> None:
        """Leaf, authority and key in one file, as HAProxy reads it; left alone while it is good for these names."""
        self.make()
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        if path.exists() and _is_good(path, names, authority):
            return
        signer = serialization.load_pem_private_key((self.directory / "ca.key").read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        made = (_builder(_name(names[0]), authority.subject, key, LEAF_LIFE)
                .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                               critical=False)
                .sign(signer, hashes.SHA256()))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, made.public_bytes(serialization.Encoding.PEM) + self.certificate.read_bytes() + _private(key))


def _is_good(path: Path, names: Sequence[str], authority: x509.Certificate) -> bool:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    shown = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
    try:
        found.verify_directly_issued_by(authority)
    except Exception:       # of any kind: then it is not ours
        return False
    return shown == alternatives and found.not_valid_after_utc - datetime.now(UTC) > EARLY


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey,
             life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + life))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others."""
    made = path.with_suffix(".new")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    made.replace(path)
