"""Entries of a spec that are most likely another project's are told; others serve other specs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from resolver.misspelt import misspelt, misspelt_markers
from resolver.spec.model import MetadataOverride, Policy, Spec
from tests.support.environments import declare, spec
from tests.support.fake_index import FakeIndex
from tests.support.locking import messages, run

MET = [NormalizedName(name) for name in ("numpy", "pandas", "python-dateutil")]


def with_policy(name: str) -> Spec:
    return spec(projects={NormalizedName(name): Policy(sdists="never")})


def with_override(name: str) -> Spec:
    return spec(overrides=declare(f"{name}<2"))


def with_metadata(name: str) -> Spec:
    one = MetadataOverride(project=NormalizedName(name), versions=SpecifierSet(), dependencies=())
    return spec(metadata_overrides=(one,))


@pytest.mark.parametrize(
    ("stated", "place"), [(with_policy, "projects"), (with_override, "overrides"), (with_metadata, "overrides")]
)
def test_a_name_that_is_nearly_another_s_is_told(stated: Callable[[str], Spec], place: str) -> None:
    [notice] = misspelt(stated("numpyy"), MET)
    assert (notice.kind, notice.project) == ("unused", "numpyy")
    assert notice.message == f"`{place}:` names numpyy, and nothing asks for it; did you mean numpy?"


@pytest.mark.parametrize("name", ["numpy", "tensorflow", "dateutil"])
def test_others_are_not(name: str) -> None:
    assert not list(misspelt(with_policy(name), MET))


def test_a_name_beside_one_that_has_an_entry_too_is_no_mistake() -> None:
    both = {NormalizedName(name): Policy(sdists="never") for name in ("numpy", "numpyy")}
    assert not list(misspelt(spec(projects=both), MET))


def test_what_only_a_build_takes_is_locked_too() -> None:
    index = (
        FakeIndex().wheel("backend", "1").sdist("s", "1", {"pyproject.toml": "[build-system]\nrequires=['backend']\n"})
    )
    assert messages(run(spec("s", projects={NormalizedName("backend"): Policy()}), index), "unused") == []
    [told] = messages(run(spec("s", projects={NormalizedName("backends"): Policy()}), index), "unused")
    assert "did you mean backend?" in told


NEVER = {
    "sys_platform == 'windows'": 'sys_platform is never "windows"; did you mean "win32"?',
    "sys_platform != 'Win64'": 'sys_platform is never "Win64"; did you mean "win32"?',
    "sys_platform == 'macos'": 'sys_platform is never "macos"; did you mean "darwin"?',
    "platform_system == 'linux'": 'platform_system is never "linux"; did you mean "Linux"?',
    "platform_system == 'win32'": 'platform_system is never "win32"; did you mean "Windows"?',
    "os_name == 'windows'": 'os_name is never "windows"; did you mean "nt"?',
    "implementation_name == 'CPython'": 'implementation_name is never "CPython"; did you mean "cpython"?',
    "python_version == '3.12.1'": 'python_version is never "3.12.1"; did you mean python_full_version?',
}


@pytest.mark.parametrize(("marker", "told"), NEVER.items())
def test_a_value_that_no_machine_has_is_told(marker: str, told: str) -> None:
    one = declare(f"six ; os_name == 'nt' or {marker}")
    for stated in (spec(requirements=one), spec(groups={NormalizedName("dev"): one}), spec(constraints=one)):
        [notice] = misspelt_markers(stated)
        assert (notice.kind, notice.project) == ("unused", "six")
        assert notice.message.endswith(told)


@pytest.mark.parametrize(
    "marker",
    [
        "sys_platform == 'win32'",
        "sys_platform == 'freebsd14'",
        "platform_machine == 'amd64'",
        "python_version >= '3.10.2'",
        "platform_version == 'windows'",
        "implementation_name != 'PyPy' and platform_python_implementation != 'PyPy'",  # of cffi, and of what copies it
    ],
)
def test_a_value_that_some_machine_may_have_is_not(marker: str) -> None:
    assert not list(misspelt_markers(spec(requirements=declare(f"six ; {marker}"))))


def test_a_run_tells_it() -> None:
    [told] = messages(run(spec("six", "s ; sys_platform == 'windows'"), FakeIndex().wheel("six", "1")), "unused")
    assert "did you mean" in told
