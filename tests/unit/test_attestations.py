"""Provenance objects against their files, by the real library, with a Sigstore of our own and no network."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from resolver.attestations.checker import Checker
from resolver.errors import InputError, IntegrityError
from resolver.lock.model import Artifact
from tests.support.private_sigstore import CREW, PrivateSigstore, base64_of, both, changed

NAME, CONTENT = "harbor-2.1.0.tar.gz", b"these very bytes"
OTHERS = {**CREW, "repository": "pirates/harbor"}
GITLAB = {"kind": "GitLab", "repository": "crew/below/harbor", "workflow_filepath": ".gitlab-ci.yml"}
GOOGLE = {"kind": "Google", "email": "publisher@project.example"}
ARTIFACT = Artifact(
    filename=NAME,
    project="harbor",
    version="2.1.0",
    kind="sdist",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    url="https://files.example/harbor-2.1.0.tar.gz",
)
SIGSTORE = PrivateSigstore()
GOOD = SIGSTORE.provenance(NAME, CONTENT)


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    root = tmp_path_factory.mktemp("sigstore") / "trusted_root.json"
    root.write_bytes(SIGSTORE.trusted_root())
    return Checker(root)


@pytest.mark.parametrize(
    ("publisher", "name"),
    [
        (CREW, "GitHub crew/Harbor (release.yml)"),
        (GITLAB, "GitLab crew/below/harbor (.gitlab-ci.yml)"),
        (GOOGLE, "Google publisher@project.example"),
    ],
)
def test_who_vouches_for_a_file(checker: Checker, publisher: dict[str, Any], name: str) -> None:
    assert checker.check(SIGSTORE.provenance(NAME, CONTENT, publisher), ARTIFACT) == (name,)


@pytest.mark.parametrize(
    "expected",
    [
        {"kind": "GitHub"},
        {"kind": "GitHub", "repository": "crew/harbor"},
        {"kind": "GitHub", "repository": "crew/Harbor", "workflow": "release.yml"},
    ],
)
def test_the_publisher_that_the_spec_asks_for(checker: Checker, expected: dict[str, str]) -> None:
    assert checker.check(GOOD, ARTIFACT, expected)
    assert len(checker.check(both(GOOD, SIGSTORE.provenance(NAME, CONTENT, OTHERS)), ARTIFACT, expected)) == 2


@pytest.mark.parametrize(
    "expected",
    [
        {"kind": "GitHub", "repository": "crew/keel"},
        {"kind": "GitHub", "repository": "crew/harbor", "workflow": "Release.yml"},
        {"kind": "GitLab", "repository": "crew/harbor"},
        {"kind": "Google", "email": "publisher@project.example"},
    ],
)
def test_another_publisher_is_refused_by_name(checker: Checker, expected: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match=r"published by GitHub crew/Harbor \(release.yml\), and the spec asks for"):
        checker.check(GOOD, ARTIFACT, expected)


MATERIAL = "verification_material"
ENTRY = (MATERIAL, "transparency_entries", 0)
_OTHER = json.loads(SIGSTORE.provenance(NAME, CONTENT))["attestation_bundles"][0]["attestations"][0]
_STATEMENT = {"subject": [{"name": NAME, "digest": {"sha256": ARTIFACT.sha256}}]}

TAMPERED: dict[str, tuple[bytes, str]] = {
    "a publisher that did not sign": (
        GOOD.replace(b"crew/Harbor", b"pirates/keel"),
        "OIDCSourceRepositoryURI does not match",
    ),
    "a workflow that did not sign": (
        GOOD.replace(b"release.yml", b"nightly.yml"),
        "Certificate's Build Config URI",
    ),
    "a service that did not sign": (
        GOOD.replace(b'"GitHub"', b'"GitLab"').replace(b'"workflow"', b'"workflow_filepath"'),
        "OIDCIssuerV2 does not match",
    ),
    "another statement": (
        changed(GOOD, "envelope", "statement", to=base64_of(json.dumps(_STATEMENT).encode())),
        "DSSE: invalid signature",
    ),
    "another signature": (
        changed(GOOD, "envelope", "signature", to=_OTHER["envelope"]["signature"]),
        "DSSE: invalid signature",
    ),
    "another certificate": (
        changed(GOOD, MATERIAL, "certificate", to=_OTHER[MATERIAL]["certificate"]),
        "DSSE: invalid signature",
    ),
    "no certificate": (changed(GOOD, MATERIAL, "certificate", to=base64_of(b"nothing")), "invalid X.509 certificate"),
    "another entry of the log": (
        changed(GOOD, *ENTRY, to=_OTHER[MATERIAL]["transparency_entries"][0]),
        "log entry signatures do not match",
    ),
    "another time": (changed(GOOD, *ENTRY, "integratedTime", to="1760000001"), "invalid inclusion promise"),
    "another root": (changed(GOOD, *ENTRY, "inclusionProof", "rootHash", to=base64_of(b"0" * 32)), "invalid root hash"),
    "no proof": (changed(GOOD, *ENTRY, "inclusionProof", to=None), "invalid transparency log entry"),
    "no promise": (changed(GOOD, *ENTRY, "inclusionPromise", to=None), "must contain an inclusion promise"),
    "another log": (changed(GOOD, *ENTRY, "logId", "keyId", to=base64_of(b"0" * 32)), "Signature not found for log ID"),
    "of another Sigstore": (PrivateSigstore().provenance(NAME, CONTENT), "signature does not match"),
    "of other bytes": (
        SIGSTORE.provenance(NAME, b"other bytes"),
        "about other bytes: harbor-2.1.0.tar.gz with sha256 a3ead5",
    ),
    "of another file": (SIGSTORE.provenance("keel-2.1.0.tar.gz", CONTENT), "about a file called keel-2.1.0.tar.gz"),
    "of another version": (
        SIGSTORE.provenance("harbor-2.1.1.tar.gz", CONTENT),
        "about a file called harbor-2.1.1.tar.gz",
    ),
    "of no file": (SIGSTORE.provenance("harbor", CONTENT), "Invalid sdist filename"),
    "of two files": (SIGSTORE.provenance(NAME, CONTENT, subject=_STATEMENT["subject"] * 2), "about 2 files at once"),
    "of none": (SIGSTORE.provenance(NAME, CONTENT, subject=[]), "about 0 files at once"),
    "of a file with no digest": (
        SIGSTORE.provenance(NAME, CONTENT, subject=[{"name": NAME}]),
        "about other bytes: harbor-2.1.0.tar.gz with sha256 None",
    ),
    "of another kind": (
        SIGSTORE.provenance(NAME, CONTENT, predicateType="https://index.example/odd/v1"),
        "nobody knows what it states",
    ),
    "of another type": (
        SIGSTORE.provenance(NAME, CONTENT, _type="https://index.example/Statement/v1"),
        "a statement of the type",
    ),
    "one good and one bad": (both(GOOD, SIGSTORE.provenance(NAME, b"other bytes")), "about other bytes"),
    "a name that breaks": (
        SIGSTORE.provenance(NAME, CONTENT).replace(b"crew/Harbor", b"crew/\\u0000"),
        "crew/? (release.yml) does not hold: Certificate's OIDCSourceRepositoryURI does not match",
    ),
}


@pytest.mark.parametrize(("content", "reason"), TAMPERED.values(), ids=TAMPERED)
def test_what_was_tampered_with_is_refused(checker: Checker, content: bytes, reason: str) -> None:
    with pytest.raises(IntegrityError, match=r"an attestation by .* does not hold: ") as caught:
        checker.check(content, ARTIFACT)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no provenance object"),
        (b"[]", "no provenance object"),
        (b'{"version": 2, "attestation_bundles": []}', "version: Input should be 1"),
        (b'{"version": 1, "attestation_bundles": []}', "holds no attestation"),
        (GOOD.partition(b'"attestations": [')[0] + b'"attestations": []}]}', "holds no attestation"),
        (GOOD.replace(b'"GitHub"', b'"Nobody"'), r"attestation_bundles\.0\.publisher: "),
        (changed(GOOD, *ENTRY[:2], to=[]), "at least 1 item"),
        (b"\xff", "no provenance object"),
    ],
)  # fmt: skip
def test_what_is_no_provenance(checker: Checker, content: bytes, reason: str) -> None:
    with pytest.raises(IntegrityError, match=reason):
        checker.check(content, ARTIFACT)


def test_other_spellings_of_a_name_are_the_same_file(checker: Checker) -> None:
    assert checker.check(SIGSTORE.provenance("Harbor-2.1.tar.gz", CONTENT), ARTIFACT)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"tlogs": []}', None])
def test_a_root_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    root = tmp_path / "root.json"
    if content is not None:
        root.write_bytes(content)
    with pytest.raises(InputError, match=r"root\.json: cannot be read \(.+\); state a file in the format"):
        Checker(root)


def test_the_public_root_knows_nothing_of_a_private_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(IntegrityError, match="does not hold"):
        Checker().check(GOOD, ARTIFACT)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)
    with pytest.raises(InputError, match=r"pip install 'rules-wheelhouse\[attestations\]'"):
        Checker()
