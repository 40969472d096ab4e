"""A lock with something of everything that the repository of a lock tells apart, and overrides for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from resolver.lock.codec import dumps
from resolver.lock.model import Build, BuildEnvironment, BuildRequirement, EnvironmentEntry, IndexEntry, Lock
from tests.unit.lock_examples import inputs, pins, sdist, sha256, wheel

HUB = "pip"
LINUX = EnvironmentEntry(
    markers={"platform_machine": "x86_64", "python_version": "3.11", "sys_platform": "linux"},
    tags=("cp311-cp311-linux_x86_64", "cp311-cp311-manylinux_2_28_x86_64", "py3-none-any"),
)
ALPINE = EnvironmentEntry(
    markers={"platform_machine": "aarch64", "python_version": "3.12", "sys_platform": "linux"},
    tags=("cp312-cp312-linux_aarch64", "cp312-cp312-musllinux_1_2_aarch64", "py3-none-any"),
)
WINDOWS = EnvironmentEntry(
    markers={"platform_machine": "AMD64", "python_version": "3.13", "sys_platform": "win32"},
    tags=("cp313-cp313-win_amd64", "py3-none-any"),
)

HARBOR = wheel("harbor", "2.1.0")
KEEL = sdist("keel", "1.4")
KEEL_WHEEL = wheel("keel", "1.4", tag="cp313-cp313-win_amd64")
SAIL = wheel("sail", "1!0.9+local.1")
MAST = replace(wheel("mast-tools", "5.0"), index=None, path=None, url="https://files.example/direct/mast_tools.whl")
RUDDER = sdist("rudder", "0.1")
FORGE = sdist("forge", "3.2")
ANVIL = wheel("anvil", "1.0")

OVERRIDES: dict[str, dict[str, object]] = {
    "keel": {
        "compiler": False,
        "env": {"KEEL_DEPTH": "4", "KEEL_LIBS": "a b"},
        "pure": True,
        "system": {"@//tools:pg_config": "pg_config"},
    },
    "harbor": {"patches": ["@//patches:harbor.patch"], "patch_strip": 1},
}


def lock() -> Lock:
    """harbor[dock,rig] needs keel and mast-tools; keel and sail need each other; keel is built on Linux and Alpine."""
    needs = {"harbor": ("keel", "mast-tools"), "keel": ("sail",), "sail": ("keel",)}
    linux = dict(pins(HARBOR, KEEL, SAIL, MAST, **needs))
    alpine = dict(pins(HARBOR, KEEL, SAIL, MAST, RUDDER, **{**needs, "harbor": ("keel", "mast-tools", "rudder")}))
    windows = dict(pins(HARBOR, KEEL_WHEEL, SAIL, MAST, **needs))
    linux["harbor"] = alpine["harbor"] = replace(linux["harbor"], extras=("dock", "rig"))
    windows["harbor"] = replace(windows["harbor"], extras=("rig",))
    everywhere = ("alpine", "linux-py311", "windows")
    return Lock(
        inputs=inputs(**{"spec.yaml": sha256("spec")}),
        indexes={"corp": IndexEntry(url="https://index.example/simple/", files="https://files.index.example/")},
        environments={"alpine": ALPINE, "linux-py311": LINUX, "windows": WINDOWS},
        roots={
            name: {
                "": ("harbor[rig]>=2",),
                "dev": ("Mast_Tools", "sail @ https://x.example/") if name != "windows" else (),
            }
            for name in everywhere
        },
        artifacts={a.filename: a for a in (HARBOR, KEEL, KEEL_WHEEL, SAIL, MAST, RUDDER, FORGE, ANVIL)},
        resolutions={"alpine": alpine, "linux-py311": linux, "windows": windows},
        builds={
            KEEL.filename: Build(
                backend="keel_build:backend",
                backend_path=("src", "tools"),
                environments={"linux-py311": _built("c1"), "alpine": replace(_built("c2"), system=("cc", "pg_config"))},
            ),
            RUDDER.filename: Build(
                backend="setuptools.build_meta:__legacy__",
                environments={
                    "alpine": BuildEnvironment(requires=(), closure=None, unbuildable='needs "a compiler"\nand')
                },
            ),
            FORGE.filename: Build(
                backend="forge.api",
                environments={"linux-py311": _built("c2"), "alpine": replace(_built("c2"), unknown="why")},
            ),
        },
        closures={"c1": pins(FORGE, ANVIL, forge=("anvil",)), "c2": pins(ANVIL)},
    )


def document() -> Any:
    """The lock as the rules read it."""
    return json.loads(dumps(lock()))


def _built(closure: str) -> BuildEnvironment:
    requirement = BuildRequirement(requirement="anvil", origin="build-system", evidence=None)
    return BuildEnvironment(requires=(requirement,), closure=closure)
