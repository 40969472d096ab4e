"""A Sigstore of our own: a certificate authority, a certificate log and a transparency log, and what they sign.

It makes provenance objects as PyPI serves them (PEP 740), and the trusted root by which the real library checks them.
The formats are those of RFC 5280 and 6962, of Rekor v1 and of C2SP's signed notes.
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
import json
import struct
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pypi_attestations import AttestationType

Key = ec.EllipticCurvePrivateKey

CREW = {"kind": "GitHub", "repository": "crew/Harbor", "workflow": "release.yml", "environment": None}
_ISSUERS = {
    "GitHub": ("https://token.actions.githubusercontent.com", "https://github.com/", "/.github/workflows/", "workflow"),
    "GitLab": ("https://gitlab.com", "https://gitlab.com/", "//", "workflow_filepath"),
}
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_FULCIO = "1.3.6.1.4.1.57264.1."
_PEM = Encoding.PEM
_DER = Encoding.DER


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def canonical(data: object) -> bytes:
    """JSON as RFC 8785 has it, for what we put in."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


class PrivateSigstore:
    """``time``: when it signs, in seconds."""

    def __init__(self, time: int = 1_760_000_000) -> None:
        self.time = time
        self._authority, self._certificates, self._log = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self._root = self._self_signed()

    def trusted_root(self) -> bytes:
        """The file ``trusted_root.json``."""
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(self._log, "https://log.example")],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "example", "commonName": "example"},
                    "uri": "https://ca.example",
                    "certChain": {"certificates": [{"rawBytes": base64_of(self._root.public_bytes(_DER))}]},
                    "validFor": {"start": "2020-01-01T00:00:00Z"},
                }
            ],
            "ctlogs": [_log(self._certificates, "https://ct.example")],
            "timestampAuthorities": [],
        }
        return json.dumps(root).encode()

    def provenance(self, filename: str, content: bytes, publisher: dict[str, Any] = CREW, **changes: Any) -> bytes:
        """What an index serves; ``changes`` are made to the statement before it is signed."""
        attestation = self.attestation(filename, content, publisher, **changes)
        bundle = {"publisher": publisher, "attestations": [attestation]}
        return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()

    def attestation(self, filename: str, content: bytes, publisher: dict[str, Any], **changes: Any) -> dict[str, Any]:
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": filename, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}],
            "predicateType": AttestationType.PYPI_PUBLISH_V1.value,
            "predicate": None,
            **changes,
        }
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(key, publisher)
        payload = json.dumps(statement).encode()
        kind = b"application/vnd.in-toto+json"
        signature = _signed(key, b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
        return {
            "version": 1,
            "verification_material": {
                "certificate": base64_of(certificate.public_bytes(_DER)),
                "transparency_entries": [self._entry(payload, signature, certificate)],
            },
            "envelope": {"statement": base64_of(payload), "signature": base64_of(signature)},
        }

    def _self_signed(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")])
        return (
            self._builder(name, self._authority, days=3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .sign(self._authority, hashes.SHA256())
        )

    def _certificate(self, key: Key, publisher: dict[str, Any]) -> x509.Certificate:
        """A certificate of ten minutes, which the log of certificates has seen."""
        builder = self._builder(x509.Name([]), key, days=0)
        builder = builder.add_extension(_usage(certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.public_key()), critical=False
        )
        name: x509.GeneralName
        if publisher["kind"] == "Google":
            name, claims = x509.RFC822Name(publisher["email"]), {}
            issuer = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{_FULCIO}1"), b"https://accounts.google.com")
            builder = builder.add_extension(issuer, critical=False)
        else:
            service, host, folder, workflow = _ISSUERS[publisher["kind"]]
            repository = host + publisher["repository"]
            run = f"{repository}{folder}{publisher[workflow]}@refs/tags/v1"
            name = x509.UniformResourceIdentifier(run)
            claims = {8: service, 12: repository, 13: "0" * 40, 14: "refs/tags/v1", 18: run}
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=True)
        for number, value in claims.items():
            encoded = value.encode()
            length = bytes([len(encoded)]) if len(encoded) < 128 else bytes([0x81, len(encoded)])
            oid = x509.ObjectIdentifier(f"{_FULCIO}{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x0c" + length + encoded), critical=False)
        seen = builder.sign(self._authority, hashes.SHA256()).tbs_certificate_bytes
        return builder.add_extension(x509.UnrecognizedExtension(_SCTS, self._timestamps(seen)), critical=False).sign(
            self._authority, hashes.SHA256()
        )

    def _timestamps(self, precertificate: bytes) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962, section 3.3), as an octet string in DER."""
        time = struct.pack("!Q", self.time * 1000)
        entry = _key_id(self._authority) + len(precertificate).to_bytes(3, "big") + precertificate
        signature = _signed(self._certificates, b"\0\0" + time + b"\0\1" + entry + b"\0\0")
        timestamp = b"\0" + _key_id(self._certificates) + time + b"\0\0\4\3" + _sized(signature)
        listed = _sized(_sized(timestamp))
        return b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else bytes([0x81, len(listed)])) + listed

    def _entry(self, payload: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """The entry of the transparency log, which is its only one."""
        verifier = base64_of(certificate.public_bytes(_PEM))
        hashed = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
        spec = {
            "envelopeHash": hashed,
            "payloadHash": hashed,
            "signatures": [{"signature": base64_of(signature), "verifier": verifier}],
        }
        body = canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        root = hashlib.sha256(b"\0" + body).digest()
        identity = _key_id(self._log)
        note = f"log.example - 1\n1\n{base64_of(root)}\n"
        signed_note = base64_of(identity[:4] + _signed(self._log, note.encode()))
        promise = {"body": base64_of(body), "integratedTime": self.time, "logID": identity.hex(), "logIndex": 0}
        return {
            "logIndex": "0",
            "logId": {"keyId": base64_of(identity)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(self.time),
            "inclusionPromise": {"signedEntryTimestamp": base64_of(_signed(self._log, canonical(promise)))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": base64_of(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} log.example {signed_note}\n"},
            },
            "canonicalizedBody": base64_of(body),
        }

    def _builder(self, subject: x509.Name, key: Key, *, days: int) -> x509.CertificateBuilder:
        start = dt.datetime.fromtimestamp(self.time, dt.timezone.utc)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start - dt.timedelta(days=days))
            .not_valid_after(start + dt.timedelta(days=days, minutes=10))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def changed(provenance: bytes, *path: str | int, to: object) -> bytes:
    """The document with another value at ``path`` below its only attestation."""
    document = json.loads(provenance)
    found = document["attestation_bundles"][0]["attestations"][0]
    for step in path[:-1]:
        found = found[step]
    found[path[-1]] = to
    return json.dumps(document).encode()


def both(first: bytes, second: bytes) -> bytes:
    """The bundles of two documents in one."""
    document = copy.deepcopy(json.loads(first))
    document["attestation_bundles"] += json.loads(second)["attestation_bundles"]
    return json.dumps(document).encode()


def _log(key: Key, url: str) -> dict[str, Any]:
    raw = key.public_key().public_bytes(_DER, PublicFormat.SubjectPublicKeyInfo)
    details = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": {"start": "2020-01-01T00:00:00Z"}}
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": base64_of(raw), **details},
        "logId": {"keyId": base64_of(_key_id(key))},
    }


def _key_id(key: Key) -> bytes:
    return hashlib.sha256(key.public_key().public_bytes(_DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _signed(key: Key, content: bytes) -> bytes:
    return key.sign(content, ec.ECDSA(hashes.SHA256()))


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def _usage(*, certificates: bool) -> x509.KeyUsage:
    others = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        decipher_only=False,
        **others,
    )
