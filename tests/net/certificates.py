"""An authority for one test run, and the certificates, right and wrong, that it signs."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """Keeps its files in `folder`; `file` is what a client must trust."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(self._sign("authority", self.key, [], -1, 30, authority=True))

    def context(self, *hosts: str, from_days: float = -1, to_days: float = 1, trusted: bool = True) -> ssl.SSLContext:
        """A server's TLS with a certificate for `hosts`; not `trusted` signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain = self._sign(hosts[0], key, list(hosts), from_days, to_days, by=self.key if trusted else key)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
        path = self.folder / f"{hosts[0]}.pem"
        path.write_bytes(private + chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, hosts: list[str], from_days: float, to_days: float, *,
              by: ec.EllipticCurvePrivateKey | None = None, authority: bool = False) -> bytes:
        now = datetime.now(UTC)
        issuer = "authority" if by in (None, self.key) else name
        builder = (
            x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now + timedelta(days=from_days))
            .not_valid_after(now + timedelta(days=to_days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((by or self.key).public_key()),
                           critical=False)
        )
        if authority:
            builder = builder.add_extension(x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False), critical=True)
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(by or self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
