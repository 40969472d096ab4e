"""bubblewrap's arguments: what is shared, what is not, and which tools are seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.errors import BuildFailed, NoSandbox
from resolver.sandbox import bubblewrap, mounts
from resolver.sandbox.bubblewrap import Bubblewrap
from resolver.sandbox.model import Interpreter, Job
from resolver.sandbox.tools import Tools, locate


def arguments(*, privileged: bool = False, features: frozenset[str] = frozenset({"--size", "--disable-userns"})) -> str:
    given: list[bytes] = []

    def data(content: bytes) -> int:
        given.append(content)
        return 100 + len(given)

    found = Bubblewrap(path="bwrap", features=features, privileged=privileged)
    return " ".join(found.arguments(uid=1000, disk=4096, data=data, machine="x86_64")) + " "


@pytest.mark.parametrize("privileged", [True, False])
def test_every_namespace_is_its_own_and_nothing_is_writable_but_tmpfs(privileged: bool) -> None:
    found = arguments(privileged=privileged)
    for name in ("ipc", "pid", "net", "uts"):
        assert f"--unshare-{name} " in found
    for option in ("--die-with-parent", "--new-session", "--clearenv", "--cap-drop ALL", "--seccomp "):
        assert option in found
    for option in ("--bind ", "--dev-bind", "--share-net", "--bind-try", "--proc-bind"):
        assert option not in found.replace("--ro-bind", "")
    assert f"--size 4096 --perms 1777 --tmpfs {mounts.BUILD} " in found
    assert "--remount-ro /dev " in found


def test_a_user_gets_a_user_namespace_and_root_only_the_right_to_give_root_up() -> None:
    user, root = arguments(), arguments(privileged=True)
    assert "--unshare-user --uid 1000 --gid 1000 --disable-userns" in user
    assert "--cap-add" not in user
    assert "--unshare-user" not in root
    assert [word for word in root.split() if word.startswith("CAP_")] == ["CAP_SETUID", "CAP_SETGID"]


def test_options_that_an_older_bubblewrap_does_not_know_are_left_out() -> None:
    found = arguments(features=frozenset())
    assert "--size" not in found
    assert "--disable-userns" not in found


def test_no_mount_follows_that_of_the_root() -> None:
    assert bubblewrap.CLOSING[:2] == ("--remount-ro", "/")


def test_want_of_bubblewrap_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSandbox, match="bubblewrap is not installed"):
        bubblewrap.find()


def make(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_an_interpreter_is_seen_at_one_place_wherever_it_lies(tmp_path: Path) -> None:
    prefix = tmp_path / "opt"
    for name in ("lib/python3.13t/site-packages/x.py", "lib/libpython3.13t.so.1.0", "include/python3.13t/Python.h"):
        make(prefix / name)
    python = Interpreter(
        executable=make(prefix / "bin/python3.13t"),
        version="3.13.1",
        implementation="cpython",
        freethreaded=True,
        prefix=prefix,
        stdlib=prefix / "lib/python3.13t",
        include=prefix / "include/python3.13t",
    )
    job = Job(
        ask="requires",
        sdist=make(tmp_path / "p-1.tar.gz"),
        backend="b",
        backend_path=(),
        interpreter=python,
        environment=tmp_path / "environment",
    )
    found = " ".join(mounts.of_job(job, Path("/w/worker.py"), Path("/site/pyproject_hooks"), Tools())) + " "
    assert f"--ro-bind {prefix}/bin/python3.13t /python/bin/python3.13t " in found
    assert f"--ro-bind {prefix}/lib/python3.13t /python/lib/python3.13t " in found
    assert "--tmpfs /python/lib/python3.13t/site-packages --remount-ro /python/lib/python3.13t/site-packages" in found
    assert f"--ro-bind {prefix}/include/python3.13t /python/include/python3.13t " in found
    assert "/python/libpython/libpython3.13t.so.1.0 --setenv LD_LIBRARY_PATH /python/libpython" in found
    assert f"--ro-bind {tmp_path}/environment /env " in found
    assert "--ro-bind /site/pyproject_hooks /run/wheelhouse/hooks/pyproject_hooks " in found
    assert mounts.python_of(python) == "/python/bin/python3.13t"


def test_a_tool_brings_the_links_that_lead_to_it_and_what_it_is_run_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    make(tmp_path / "bin/perl")
    make(tmp_path / "opt/pg_config.real", f"#!{tmp_path}/bin/perl\n")
    (tmp_path / "bin/pg_config").symlink_to("../alternatives/pg_config")
    (tmp_path / "alternatives").mkdir()
    (tmp_path / "alternatives/pg_config").symlink_to(tmp_path / "opt/pg_config.real")
    make(tmp_path / "bin/other")
    found = locate(["pg_config"])
    assert found.files == [str(tmp_path / "opt/pg_config.real"), str(tmp_path / "bin/perl")]
    assert found.links == {
        "/usr/bin/pg_config": str(tmp_path / "bin/pg_config"),
        str(tmp_path / "bin/pg_config"): "../alternatives/pg_config",
        str(tmp_path / "alternatives/pg_config"): str(tmp_path / "opt/pg_config.real"),
        "/usr/bin/perl": str(tmp_path / "bin/perl"),
    }


def test_a_compiler_brings_its_assembler_and_linker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("gcc", "as", "ld", "make"):
        make(tmp_path / name)
    assert locate(["gcc"]).files == [str(tmp_path / name) for name in ("gcc", "as", "ld")]


@pytest.mark.parametrize("name", ["absent", "../gcc", "/bin/sh"])
def test_what_is_no_tool_of_this_machine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildFailed, match="this machine does not have") as caught:
        locate([name])
    assert caught.value.missing == (name,)
