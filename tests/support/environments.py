"""Environments that tests share, made by the real expansion."""

from __future__ import annotations

from typing import Any

from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.spec.model import Declared, Origin, ShortEnvironment, Spec

HERE = Origin(file="spec.yaml", line=1, path="test")


def short(name: str, python: str, os: str = "linux", arch: str = "x86_64", libc: str | None = None) -> ShortEnvironment:
    if os == "linux" and libc is None:
        libc = "glibc 2.28"
    return ShortEnvironment(name=name, origin=HERE, python=(python,), os=os, arch=arch, libc=libc)


LINUX = short("linux", "3.11")
ALPINE = short("alpine", "3.12", arch="aarch64", libc="musl 1.2")
MAC = short("mac", "3.12", "macos 14", "arm64")
WINDOWS = short("windows", "3.13", "windows", "amd64")
OLD = short("old", "3.8")


def environment(declared: ShortEnvironment = LINUX) -> Environment:
    return expand([declared])[0]


def declare(*requirements: str) -> tuple[Declared, ...]:
    from packaging.requirements import Requirement

    return tuple(Declared(requirement=Requirement(text), origin=HERE) for text in requirements)


def spec(*requirements: str, environments: tuple[ShortEnvironment, ...] = (LINUX,), **fields: Any) -> Spec:
    return Spec(**{"requirements": declare(*requirements), "environments": environments, **fields})
