"""Real sdists, read without running them; the answers are those of their wheels and of their backends, run once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.http_index.cache import Cache
from resolver.http_index.default_index import default_index_url
from resolver.http_index.index import HttpIndex
from resolver.http_index.transport import Transport
from resolver.metadata.model import StaticMetadata, Unknown
from resolver.metadata.static import static_build, static_metadata
from resolver.simple.filenames import SdistName, parse_filename

pytestmark = pytest.mark.pypi


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Names of the run-time requirements without extras; ``unsure...`` and ``unknown`` are parts of the reasons."""

    requires: tuple[str, ...] = ()
    evidence: str
    unsure: str = ""
    unsure_extras: str = ""
    hook: tuple[str, ...] = ()
    unknown: str = ""


ROWS = {
    "docopt 0.6.2": Row(evidence="docopt.egg-info/PKG-INFO"),
    "wget 3.2": Row(evidence="setup.py"),
    "termcolor 1.1.0": Row(evidence="setup.py"),
    "sgmllib3k 1.0.0": Row(evidence="sgmllib3k.egg-info/PKG-INFO"),
    "langdetect 1.0.9": Row(requires=("six",), evidence="langdetect.egg-info/requires.txt"),
    "PyYAML 5.4.1": Row(evidence="lib3/PyYAML.egg-info/PKG-INFO"),
    "thrift 0.16.0": Row(requires=("six",), evidence="thrift.egg-info/requires.txt", unsure_extras="sys.hexversion"),
    "testtools 2.5.0": Row(
        requires=("extras", "fixtures", "pbr"), evidence="testtools.egg-info/requires.txt", hook=("pbr",)
    ),
    "tornado 6.1": Row(evidence="tornado.egg-info/PKG-INFO"),
    "hatchling 1.27.0": Row(
        requires=("packaging", "pathspec", "pluggy", "tomli", "trove-classifiers"),
        evidence="PKG-INFO",
        unknown="its own tree",
    ),
    "flit-core 3.12.0": Row(evidence="PKG-INFO"),
    "setuptools 58.0.0": Row(evidence="setuptools.egg-info/requires.txt", hook=("wheel",)),
    "trio 0.30.0": Row(
        requires=("attrs", "cffi", "exceptiongroup", "idna", "outcome", "sniffio", "sortedcontainers"),
        evidence="PKG-INFO",
    ),
}


@pytest.fixture(scope="module")
def pypi(downloads: Path) -> Iterator[HttpIndex]:
    url = default_index_url()
    transport = Transport("pypi", url)
    with HttpIndex("pypi", url, transport=transport, cache=Cache(downloads)) as index:
        yield index
    transport.close()


@pytest.mark.parametrize("release", ROWS)
def test_a_real_sdist(release: str, pypi: HttpIndex) -> None:
    project, _, version = release.partition(" ")
    name, expected = canonicalize_name(project), ROWS[release]
    for file in pypi.project(name).files:
        parsed = parse_filename(file.filename, name) if file.filename.endswith((".tar.gz", ".zip")) else None
        if isinstance(parsed, SdistName) and parsed.version == Version(version):
            break
    else:
        pytest.fail(f"PyPI lists no sdist of {release}")
    files = pypi.sdist_files(file)
    found = static_metadata(files, project=name, version=Version(version))
    assert isinstance(found, StaticMetadata)
    without_extras = {one.name for one in found.metadata.requires_dist if "extra ==" not in str(one.marker)}
    assert (tuple(sorted(without_extras)), found.evidence) == (expected.requires, expected.evidence)
    assert _told(expected.unsure, found.uncertain)
    assert _told(expected.unsure_extras, found.uncertain_extras)
    hook = static_build(files).hook
    if isinstance(hook, Unknown):
        assert expected.unknown
        assert expected.unknown in hook.reason
    else:
        assert tuple(one.name for one in hook) == expected.hook
        assert not expected.unknown


def _told(part: str, doubt: Unknown | None) -> bool:
    """Whether a doubt is there exactly where one is expected, and says what is expected."""
    return part in doubt.reason if part and doubt is not None else not part and doubt is None
