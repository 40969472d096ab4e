"""The starter spec that ``wheelhouse init`` writes: complete, commented, and valid as it stands."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.spec.pyproject import Unreadable, read_pyproject

OFFERED = ("3.10", "3.11", "3.12", "3.13")
"""Python versions that a starter spec chooses from, by what a pyproject.toml admits."""

_TEXT = """\
# yaml-language-server: $schema=spec.schema.json
# A spec of rules_wheelhouse: what to lock, and for which machines. `wheelhouse resolve` turns it into lock.json.
version: 1

# The machines that will install, by names of your choice. The machine that resolves is never asked.
environments:
  linux: {{python: {pythons}, os: linux, arch: x86_64, libc: glibc 2.28}}
  # alpine:  {{python: "3.12", os: linux, arch: aarch64, libc: musl 1.2}}
  # mac:     {{python: "3.12", os: macos 14, arch: arm64}}
  # windows: {{python: "3.13", os: windows, arch: amd64}}

{requirements}
# Further sets, resolved together with the requirements and told apart in the lock.
# groups: {{dev: [pytest]}}

# Limits that bring nothing in by themselves.
# constraints: [urllib3<3]

# Replaces what packages claim; each use is reported.
# overrides: [some-project>=2]

# PyPI is the default. Projects named by another index are asked of that index alone.
# indexes:
#   - {{name: pypi}}
#   - {{name: corp, url: "https://index.example/simple/", projects: ["corp-*"]}}

# How source distributions are built: limits there, and requirements that they do not state themselves.
# build: {{constraints: [cython<3], requires: {{some-project: [pybind11]}}}}

# How releases are chosen (the defaults are shown); `projects` makes exceptions.
# policy: {{prereleases: if-necessary, yanked: if-pinned, sdists: fallback, strategy: highest, align: true}}
# projects: {{some-project: {{sdists: never}}}}
"""


def starter(files: Mapping[str, bytes]) -> str:
    """The text of a starter spec that includes ``files`` (path relative to the spec -> bytes)."""
    pythons = [python for python in OFFERED if all(_admits(path, content, python) for path, content in files.items())]
    quoted = ", ".join(f'"{python}"' for python in pythons[-2:])
    if files:
        listed = ", ".join(f'"{path}"' for path in files)
        requirements = (
            f"# Requirements come from these files; more can stand under `requirements`.\ninclude: [{listed}]\n"
        )
        requirements += "# requirements: [requests>=2.31]\n"
    else:
        requirements = "# What every machine gets. Extras and markers work as everywhere.\n"
        requirements += 'requirements:\n  - requests>=2.31\n  # - tzdata ; sys_platform == "win32"\n'
    return _TEXT.format(pythons=f"[{quoted}]" if len(pythons) > 1 else quoted or '"3.12"', requirements=requirements)


def _admits(path: str, content: bytes, python: str) -> bool:
    """Whether a pyproject.toml's requires-python admits a version; whatever cannot be read admits all."""
    if not path.endswith(".toml"):
        return True
    try:
        specifier = SpecifierSet(read_pyproject(content).requires_python or "")
    except (Unreadable, InvalidSpecifier):
        return True
    return specifier.contains(f"{python}.99")
