"""Lock -> a bill of materials for each environment: CycloneDX 1.6 in JSON, written by cyclonedx-python-lib.

What an environment installs has the scope ``required``; what its builds alone use is ``excluded``, as the standard has
it for components that are not there at run time. The graph holds both kinds of edges: what a project depends on, and
for an sdist what builds it. Nothing depends on the clock or on chance: there is no time stamp, and the serial number is
a digest of the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, UUID, uuid5

from resolver.emit.places import is_url
from resolver.emit.selection import OWN, Selection, needed_by
from resolver.errors import InputError
from resolver.licenses.model import License
from resolver.lock.model import Artifact
from resolver.lock.required import required_by

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License as Declared
    from packageurl import PackageURL

HOW_TO_GET_IT = "pip install 'rules-wheelhouse[sbom]'"
_OURS = "rules-wheelhouse"
"""The namespace of our properties."""


def boms(
    chosen: Selection, licenses: Mapping[str, License], *, version: str, default_index: str | None = None
) -> dict[str, str]:
    """File name -> text, for every environment of the selection.

    ``licenses`` by file name, as far as they are known; ``version`` is that of this program; projects of
    ``default_index`` need no index in their package URL. Raises `InputError` where the extra is not installed.
    """
    try:
        from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415  (an extra)
    except ImportError:
        message = f"CycloneDX is written by cyclonedx-python-lib, which is not installed: {HOW_TO_GET_IT}"
        raise InputError(message) from None

    found = {}
    for environment in chosen.environments:
        bom = _Writer(chosen, environment, licenses, default_index).bom(version)
        bom.serial_number = uuid5(NAMESPACE_OID, JsonV1Dot6(bom).output_as_string())
        found[f"{environment}.cdx.json"] = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    return found


class _Writer:
    """The bill of materials of one environment."""

    def __init__(
        self, chosen: Selection, environment: str, licenses: Mapping[str, License], default_index: str | None
    ) -> None:
        self._chosen = chosen
        self._lock = chosen.lock
        self._environment = environment
        self._licenses = licenses
        self._default_index = default_index
        self._pins = chosen.pins(environment)
        self._groups = needed_by(chosen.lock, environment)
        self._installed = {pin.artifact for pin in self._pins.values()}
        self._files = [self._lock.artifacts[name] for name in sorted(chosen.files(environment))]
        self._releases = Counter((artifact.project, artifact.version) for artifact in self._files)
        builds = [self._lock.built(artifact.filename, environment) for artifact in self._files]
        self._closures = [chosen.lock.closure(built) for built in builds if built is not None]
        self._building = {pin.artifact for closure in self._closures for pin in closure.values()}
        self._components = {artifact.filename: self._component(artifact) for artifact in self._files}

    def bom(self, version: str) -> Bom:
        """All of it but for its serial number."""
        from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415  (an extra)
        from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
        from cyclonedx.model.tool import ToolRepository  # noqa: PLC0415

        root = Component(
            name=self._environment,
            type=ComponentType.APPLICATION,
            bom_ref=f"environment:{self._environment}",
            properties=self._properties(self._facts()),
        )
        tool = Component(name=_OURS, version=version, type=ComponentType.APPLICATION)
        metadata = BomMetaData(component=root, tools=ToolRepository(components=[tool]))
        metadata.timestamp = None  # type: ignore[assignment]  # the standard asks for none, its library makes one
        bom = Bom(metadata=metadata, components=self._components.values(), serial_number=UUID(int=0))
        roots = [self._components[self._pins[name].artifact] for name in self._chosen.roots(self._environment)]
        bom.register_dependency(root, roots)
        for filename, component in self._components.items():
            below = sorted(set(self._below(filename)))
            bom.register_dependency(component, [self._components[name] for name in below])
        return bom

    def _facts(self) -> Iterator[tuple[str, str]]:
        entry = self._lock.environments[self._environment]
        yield "lock", f"sha256:{self._lock.inputs.sha256}"
        for key in ("python", "os", "arch", "libc"):
            value = getattr(entry, key)
            if value is not None:
                yield key, value

    def _below(self, filename: str) -> Iterator[str]:
        """The files that a file depends on where it is installed, where it takes part in a build, and to be built."""
        project = self._lock.artifacts[filename].project
        for scope in [self._pins, *self._closures]:
            pin = scope.get(project)
            if pin is not None and pin.artifact == filename:
                yield from (scope[name].artifact for name in pin.dependencies if name in scope)
        built = self._lock.built(filename, self._environment)
        if built is not None:
            closure = self._lock.closure(built)
            yield from (closure[name].artifact for name in required_by(built) if name in closure)

    def _component(self, artifact: Artifact) -> Component:
        from cyclonedx.model import (  # noqa: PLC0415  (an extra)
            ExternalReference,
            ExternalReferenceType,
            HashAlgorithm,
            HashType,
            XsUri,
        )
        from cyclonedx.model.component import Component, ComponentScope, ComponentType  # noqa: PLC0415

        purl = self._purl(artifact)
        location = self._lock.location(artifact)
        digest = HashType(alg=HashAlgorithm.SHA_256, content=artifact.sha256)
        reference = ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(location), hashes=[digest])
        return Component(
            name=artifact.project,
            version=artifact.version,
            type=ComponentType.LIBRARY,
            bom_ref=purl.to_string(),
            purl=purl,
            scope=ComponentScope.REQUIRED if artifact.filename in self._installed else ComponentScope.EXCLUDED,
            hashes=[digest],
            licenses=_declared(self._licenses.get(artifact.filename, License())),
            external_references=[reference] if is_url(location) else [],
            properties=self._properties(self._told(artifact)),
        )

    def _told(self, artifact: Artifact) -> Iterator[tuple[str, str]]:
        """What a component is used for, and what of its file the standard has no place for."""
        yield "file", artifact.filename
        yield "kind", artifact.kind
        if artifact.filename in self._installed:
            yield "use", "run"
            groups = self._groups[artifact.project]
            yield from (("group", group) for group in sorted(groups) if OWN not in groups)
        if artifact.filename in self._building:
            yield "use", "build"
        if artifact.yanked is not None:
            yield "yanked", artifact.yanked or "no reason given"

    def _properties(self, facts: Iterator[tuple[str, str]]) -> list[Property]:
        from cyclonedx.model import Property  # noqa: PLC0415  (an extra)

        return [Property(name=f"{_OURS}:{key}", value=value) for key, value in facts]

    def _purl(self, artifact: Artifact) -> PackageURL:
        """The package URL; with the file's name only where an environment has two files of a release."""
        from packageurl import PackageURL  # noqa: PLC0415  (an extra)

        qualifiers = {}
        if artifact.index is None:
            qualifiers["download_url"] = self._lock.location(artifact)
        elif is_url(url := self._lock.indexes[artifact.index].url) and url != self._default_index:
            qualifiers["repository_url"] = url
        if self._releases[artifact.project, artifact.version] > 1:
            qualifiers["file_name"] = artifact.filename
        return PackageURL(type="pypi", name=artifact.project, version=artifact.version, qualifiers=qualifiers)


def _declared(license: License) -> Sequence[Declared]:  # noqa: A002  (the thing's name)
    from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement, LicenseExpression  # noqa: PLC0415
    from cyclonedx.spdx import is_supported_id  # noqa: PLC0415

    said = LicenseAcknowledgement.DECLARED
    if license.expression is None:
        return [DisjunctiveLicense(name=name, acknowledgement=said) for name in license.names]
    if is_supported_id(license.expression):
        return [DisjunctiveLicense(id=license.expression, acknowledgement=said)]
    return [LicenseExpression(license.expression, acknowledgement=said)]
