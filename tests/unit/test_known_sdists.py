"""What the files of an sdist said is kept as it was, and read again by another program only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.http_index.cache import Cache
from resolver.http_index.known_sdists import KnownSdists
from resolver.metadata.known_static import dump_build, dump_metadata, load_build, load_metadata
from resolver.metadata.model import BuildSystem, SdistFiles, StaticBuild, StaticMetadata, Unknown
from resolver.metadata.static import static_build, static_metadata

FOO, VERSION, SHA256 = NormalizedName("foo"), Version("1.0"), "a" * 64
INFO = b"Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n"
SETUP = b"import sys\nfrom setuptools import setup\nsetup(install_requires=['six'] if sys.argv else [])\n"
SDISTS = {
    "PEP 643": {"PKG-INFO": INFO + b'Requires-Dist: six>=1 ; python_version < "4"\nProvides-Extra: a\n'},
    "nothing": {"setup.py": b"from setuptools import setup\nsetup(setup_requires=['pbr>=2', 'x[y]'])\n"},
    "computed": {"setup.py": SETUP, "PKG-INFO": INFO.replace(b"2.2", b"1.1")},
    "backend": {"pyproject.toml": b"[build-system]\nrequires = ['mesonpy']\nbuild-backend = 'mesonpy'\n"},
    "path": {"pyproject.toml": b"[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n"},
    "invalid": {"PKG-INFO": INFO + b"Requires-Dist: six(oops\nRequires-Python: >=what\n"},
}


def sdist(name: str) -> SdistFiles:
    return SdistFiles(files=SDISTS[name], members=tuple(SDISTS[name]))


@pytest.mark.parametrize("name", SDISTS)
def test_round_trip(name: str) -> None:
    build = static_build(sdist(name))
    assert load_build(dump_build(build)) == build
    metadata = static_metadata(sdist(name), project=FOO, version=VERSION)
    assert load_metadata(dump_metadata(metadata)) == metadata


def test_round_trip_of_all_that_there_is() -> None:
    asked = (Requirement('a[b,c]>=1,<2 ; os_name == "nt"'), Requirement("d @ https://files.example/d.zip"))
    system = BuildSystem(backend="x:y", requires=asked, origin="build-system", backend_path=(".", "src"))
    build = StaticBuild(
        system=system, hook=asked, evidence="setup.py", runs_code=True, extra_before={"70.1": asked[:1]}
    )
    found = load_build(dump_build(build))
    assert found == build
    assert [str(one) for one in found.system.requires] == [str(one) for one in asked]
    known = static_metadata(sdist("PEP 643"), project=FOO, version=VERSION)
    assert isinstance(known, StaticMetadata)
    for doubts in ((Unknown(reason="u"), None), (None, Unknown(reason="e")), (Unknown(reason=""), Unknown(reason=""))):
        doubted = StaticMetadata(metadata=known.metadata, evidence="", uncertain=doubts[0], uncertain_extras=doubts[1])
        assert load_metadata(dump_metadata(doubted)) == doubted


def unread() -> SdistFiles:
    pytest.fail("the sdist was read again")


def read(reader: KnownSdists, files: Callable[[], SdistFiles]) -> tuple[object, object]:
    return reader.build(SHA256, files), reader.metadata(SHA256, files, project=FOO, version=VERSION)


def test_an_sdist_is_read_once(tmp_path: Path) -> None:
    first = read(KnownSdists(Cache(tmp_path), ["1.0"]), lambda: sdist("PEP 643"))
    assert read(KnownSdists(Cache(tmp_path), ["1.0"]), unread) == first


def test_another_program_reads_it_again(tmp_path: Path) -> None:
    read(KnownSdists(Cache(tmp_path), ["1.0"]), lambda: sdist("nothing"))
    again = read(KnownSdists(Cache(tmp_path), ["1.1"]), lambda: sdist("backend"))
    assert again[0] == static_build(sdist("backend"))


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    reader = KnownSdists(Cache(tmp_path), [])
    broken = SdistFiles(files={"pyproject.toml": b"["})
    for _ in range(2):
        with pytest.raises(InvalidMetadata, match="is not TOML"):
            reader.build(SHA256, lambda: broken)
    assert reader.build(SHA256, lambda: sdist("path")) == static_build(sdist("path"))
