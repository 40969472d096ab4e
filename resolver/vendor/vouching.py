"""Provenance objects (PEP 740) of the files whose attestations a lock asks for: had, checked, kept beside the files.

They say whose bytes those of a digest are, so they are checked before the first artifact is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from resolver.concurrency import each
from resolver.errors import IntegrityError, TransferError
from resolver.lock.model import Artifact, Lock
from resolver.records import field, record
from resolver.vendor.layout import FILES, PROVENANCE
from resolver.vendor.ports import Checks, Provenances
from resolver.vendor.regular import NotRegular, read_regular

_WORKERS = 8


@record
class Vouched:
    """A provenance object that holds, and the publishers that it names, in words."""

    content: bytes
    publishers: tuple[str, ...]


@record
class Vouchers:
    """By file name: what is ``held``, and why the ``refused`` are."""

    held: Mapping[str, Vouched] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """Path below the tree -> bytes."""
        return {f"{FILES}/{name}{PROVENANCE}": vouched.content for name, vouched in self.held.items()}


class Notary:
    """Has provenance objects from ``source`` and checks them by what ``checker`` makes, once there is one to check.

    ``checker`` raises `InputError` where attestations cannot be checked on this machine.
    """

    def __init__(self, source: Provenances, checker: Callable[[], Checks]) -> None:
        self._source = source
        self._checker = checker

    def vouch(self, lock: Lock, artifacts: Iterable[Artifact], tree: Path) -> Vouchers:
        """What the lock asks for of ``artifacts``, in order; an object that lies in ``tree`` and holds is kept."""
        asked = [artifact for artifact in artifacts if lock.attested(artifact.project).check != "ignore"]
        promised = [artifact for artifact in asked if artifact.provenance is not None]
        unpromised = [one for one in asked if one.provenance is None and lock.attested(one.project).check == "require"]
        refused = {one.filename: _UNPROMISED for one in unpromised}
        held: dict[str, Vouched] = {}
        if promised:
            checks = self._checker()
            answers = each(lambda one: self._one(lock, one, tree, checks), promised, at_once=_WORKERS)
            for one, found in zip(promised, answers, strict=True):
                if isinstance(found, Vouched):
                    held[one.filename] = found
                else:
                    refused[one.filename] = found
        return Vouchers(held=held, refused=refused)

    def _one(self, lock: Lock, artifact: Artifact, tree: Path, checks: Checks) -> Vouched | str:
        """Its provenance, or why there is none that holds."""
        publisher = lock.attested(artifact.project).publisher
        url = lock.provenance(artifact)
        assert url is not None, "only what the lock has a place for is asked for"
        try:
            carried = _carried(tree, artifact)
            if carried is not None:
                try:
                    return Vouched(content=carried, publishers=checks.check(carried, artifact, publisher))
                except IntegrityError:
                    pass  # damaged, or the spec asks for another publisher since: what the index has counts
            content = self._source.provenance(artifact, url)
            if content is None:
                return _GONE
            return Vouched(content=content, publishers=checks.check(content, artifact, publisher))
        except IntegrityError as error:
            return f"its attestations are refused: {error}"
        except TransferError as error:
            return f"its attestations cannot be had: {error}"


_UNPROMISED = (
    "has no attestations, and the spec says `attestations: require`; where this file is wanted all the same, state"
    " `attestations: if-present` for its project"
)
_GONE = (
    "its attestations, which its index had when it was locked, are not there; `wheelhouse resolve --update` looks"
    " again, --no-attestations does without"
)


def _carried(tree: Path, artifact: Artifact) -> bytes | None:
    path = tree / FILES / f"{artifact.filename}{PROVENANCE}"
    try:
        return read_regular(path, follow=False)
    except (FileNotFoundError, NotADirectoryError, NotRegular):
        return None
