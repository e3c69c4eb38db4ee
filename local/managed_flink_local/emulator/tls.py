"""A certificate authority for one running emulator, and the forms in which clients want it."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRUST_STORE_PASSWORD = "changeit"
_LIFETIME = datetime.timedelta(days=30)


@dataclass(frozen=True)
class TlsMaterial:
    """Paths of what was generated."""

    ca: Path
    bundle: Path
    """The system's own roots and `ca`, for clients whose setting replaces the roots."""

    certificate: Path
    key: Path
    java_trust_store: Path


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: str, issuer: str, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
    )


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.chmod(path, 0o600)


def generate(directory: Path) -> TlsMaterial:
    """Make an authority and a server certificate for this machine's loopback names."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = "Managed Flink local environment"
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = (
        _builder(authority, authority, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder("localhost", authority, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.DNSName("*.localhost"),
                    x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    material = TlsMaterial(
        ca=directory / "ca.pem",
        bundle=directory / "bundle.pem",
        certificate=directory / "server.pem",
        key=directory / "server.key",
        java_trust_store=directory / "truststore.p12",
    )
    material.ca.write_bytes(ca.public_bytes(pem))
    roots = ssl.get_default_verify_paths().cafile
    system = Path(roots).read_bytes() if roots else b""
    material.bundle.write_bytes(system + b"\n" + ca.public_bytes(pem))
    material.certificate.write_bytes(certificate.public_bytes(pem) + ca.public_bytes(pem))
    _write(
        material.key,
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    _write(
        material.java_trust_store,
        pkcs12.serialize_java_truststore(
            [pkcs12.PKCS12Certificate(ca, b"local")],
            serialization.BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()),
        ),
    )
    return material
