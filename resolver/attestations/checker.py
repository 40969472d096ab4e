"""One provenance object (PEP 740) against the very file that it is about: signatures, transparency log, publisher.

pypi-attestations and sigstore do the work. Nothing is asked of any network: keys are those of a trusted root that is
given, or of the one that comes with sigstore.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from resolver.errors import InputError, IntegrityError
from resolver.lock.model import Artifact

if TYPE_CHECKING:
    from pypi_attestations import Attestation, Provenance, Publisher

HOW_TO_GET_IT = "pip install 'rules-wheelhouse[attestations]'"
_IN_TOTO = "application/vnd.in-toto+json"  # the payload that PEP 740 asks for
_REGARDLESS_OF_CASE = {"repository"}


class Checker:
    """Checks against one trusted root (the file of that name in Sigstore's own format; None: the public Sigstore's).

    Raises `InputError` where the extra is not installed, or the root cannot be read. It may be used from any thread.
    """

    def __init__(self, trusted_root: Path | None = None) -> None:
        self._verifier = _verifier(trusted_root)
        self._at_work = threading.Lock()

    def check(self, content: bytes, artifact: Artifact, expected: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The publishers that vouch for ``artifact``, each in words.

        ``expected``: what one of them has to be, by the keys of PEP 740. Raises `IntegrityError` unless every
        attestation in ``content`` is right, is about these bytes, and is signed by the publisher that it names.
        """
        provenance = _parsed(content)
        publishers: list[Publisher] = []
        for bundle in provenance.attestation_bundles:
            for attestation in bundle.attestations:
                self._check_one(attestation, bundle.publisher, artifact)
                publishers.append(bundle.publisher)
        if not publishers:
            raise IntegrityError("its provenance object holds no attestation")
        names = tuple(dict.fromkeys(_name(publisher) for publisher in publishers))
        if expected is not None and not any(_is(publisher, expected) for publisher in publishers):
            raise IntegrityError(f"it was published by {', '.join(names)}, and the spec asks for {_listed(expected)}")
        return names

    def _check_one(self, attestation: Attestation, publisher: Publisher, artifact: Artifact) -> None:
        try:
            with self._at_work:
                policy = publisher._as_policy()  # noqa: SLF001  (the public way would take no other trusted root)
                kind, payload = self._verifier.verify_dsse(attestation.to_bundle(), policy)
            _check_statement(kind, json.loads(payload), artifact)
        except Exception as error:  # parsers below let out errors of many kinds on hostile input
            fault = _shown(str(error) or type(error).__name__)
            raise IntegrityError(f"an attestation by {_name(publisher)} does not hold: {fault}") from error


def _verifier(trusted_root: Path | None) -> Any:  # noqa: ANN401  (its type comes with the extra)
    logging.getLogger("sigstore").setLevel(logging.ERROR)  # it warns that it is offline, which is meant
    try:
        import pypi_attestations  # noqa: F401, PLC0415
        from sigstore.models import ClientTrustConfig, TrustedRoot  # noqa: PLC0415
        from sigstore.verify import Verifier  # noqa: PLC0415
    except ImportError as error:
        raise InputError(f"attestations cannot be checked without an extra ({error}): {HOW_TO_GET_IT}") from error
    try:
        if trusted_root is not None:
            return Verifier(trusted_root=TrustedRoot.from_file(str(trusted_root)))
        return Verifier(trusted_root=ClientTrustConfig.production(offline=True).trusted_root)
    except Exception as error:  # a file of any content
        place = trusted_root or "the trusted root that comes with sigstore"
        said = str(error).partition("\n")[0]
        hint = "state a file in the format of Sigstore's trusted_root.json with --trusted-root"
        raise InputError(f"{place}: cannot be read ({said}); {hint}") from error


def _parsed(content: bytes) -> Provenance:
    from pydantic import ValidationError  # noqa: PLC0415
    from pypi_attestations import Provenance  # noqa: PLC0415

    try:
        return Provenance.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        said = _shown(f"{place}: {first['msg']}" if place else first["msg"])
        raise IntegrityError(f"what its index gives is no provenance object (PEP 740): {said}") from error


def _check_statement(kind: str, statement: Mapping[str, Any], artifact: Artifact) -> None:
    """Raise `IntegrityError` unless a statement, whose signature holds, says something of this very file."""
    if kind != _IN_TOTO:
        raise IntegrityError(f"it signs {kind}")
    if statement["_type"] != "https://in-toto.io/Statement/v1":
        raise IntegrityError(f"it is a statement of the type {statement['_type']}")
    subjects = statement["subject"]
    if len(subjects) != 1:
        raise IntegrityError(f"it is about {len(subjects)} files at once")
    name, sha256 = subjects[0].get("name", ""), subjects[0].get("digest", {}).get("sha256")
    if sha256 != artifact.sha256:
        raise IntegrityError(f"it is about other bytes: {name} with sha256 {sha256}")
    if _meaning(name) != _meaning(artifact.filename):
        raise IntegrityError(f"it is about a file called {name}")
    from pypi_attestations import AttestationType  # noqa: PLC0415

    if statement["predicateType"] not in {one.value for one in AttestationType}:
        raise IntegrityError(f"nobody knows what it states: {statement['predicateType']}")


def _meaning(filename: str) -> object:
    """What a file name says; indexes have taken more than one spelling."""
    return parse_wheel_filename(filename) if filename.endswith(".whl") else parse_sdist_filename(filename)


def _name(publisher: Publisher) -> str:
    """``GitHub crew/harbor (release.yml)``."""
    claims = publisher.model_dump()
    who = claims.get("repository") or claims.get("email") or claims.get("project_id")
    how = claims.get("workflow") or claims.get("workflow_filepath")
    return _shown(f"{publisher.kind} {who}" + (f" ({how})" if how else ""))


def _shown(text: str) -> str:
    """The first line, not too long, and nothing that a terminal would obey: whoever serves an index may write it."""
    line = text.partition("\n")[0]
    return "".join(c if c.isprintable() else "?" for c in (line if len(line) <= 200 else f"{line[:200]}..."))


def _listed(expected: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(expected.items()))


def _is(publisher: Publisher, expected: Mapping[str, str]) -> bool:
    claims = publisher.model_dump()
    return all(_folded(key, claims.get(key)) == _folded(key, value) for key, value in expected.items())


def _folded(key: str, value: object) -> object:
    return str(value).casefold() if key in _REGARDLESS_OF_CASE and value is not None else value
