"""Every question to a backend, from every kind of archive; and archives and answers that would lead out."""

# ruff: noqa: E501, ISC004
# A backend is a row.

from __future__ import annotations

import dataclasses
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from resolver.errors import BuildFailed, NoSandbox
from resolver.sandbox import bubblewrap
from resolver.sandbox.model import Ask, Limits
from resolver.sandbox.runner import Sandbox
from tests.support import hostile
from tests.support.machine import skip

WHEEL = """
import zipfile
name = "p-1-py3-none-any.whl"
with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
    archive.writestr("p-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n")
    archive.writestr("p-1.dist-info/WHEEL", "Wheel-Version: 1.0\\n")
    archive.writestr("p-1.dist-info/RECORD", "")
return name
"""
BUILDS = "build_wheel(wheel_directory, config_settings=None, metadata_directory=None)"
PREPARES = "prepare_metadata_for_build_wheel(metadata_directory, config_settings=None)"


@pytest.mark.parametrize("extension", [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"])
def test_sdists_of_every_kind_are_unpacked(sandbox: Sandbox, tmp_path: Path, extension: str) -> None:
    code = hostile.backend("return [os.getcwd().rpartition('/')[2]] + sorted(os.listdir())")
    archive = hostile.sdist(tmp_path / f"p-1{extension}", code)
    found = sandbox.run(hostile.job(tmp_path, archive)).requires
    assert found == ("p-1", "hostile.py", "pyproject.toml")


def test_a_project_may_lie_at_the_root_of_its_archive(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "p-1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pyproject.toml", hostile.PYPROJECT)
        archive.writestr("hostile.py", hostile.backend("return ['a']"))
    assert sandbox.run(hostile.job(tmp_path, path)).requires == ("a",)


def test_metadata_is_prepared(sandbox: Sandbox, tmp_path: Path) -> None:
    body = """
    os.mkdir(os.path.join(metadata_directory, "p-1.dist-info"))
    with open(os.path.join(metadata_directory, "p-1.dist-info", "METADATA"), "wb") as stream:
        stream.write(b"Name: p\\nVersion: 1\\n\\n\\xff\\x00")
    return "p-1.dist-info"
    """
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(body, PREPARES))
    found = sandbox.run(hostile.job(tmp_path, archive, ask="metadata"))
    assert found.metadata == b"Name: p\nVersion: 1\n\n\xff\x00"


def test_metadata_comes_from_the_wheel_of_a_backend_that_does_not_prepare_it(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(WHEEL, BUILDS))
    assert b"Name: p" in sandbox.run(hostile.job(tmp_path, archive, ask="metadata")).metadata


def test_a_wheel_is_built_into_the_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(WHEEL, BUILDS))
    found = sandbox.run(hostile.job(tmp_path, archive, ask="wheel"), into)
    assert found.wheel == "p-1-py3-none-any.whl"
    assert [path.name for path in into.iterdir()] == [found.wheel]
    with zipfile.ZipFile(into / found.wheel) as wheel:
        assert "p-1.dist-info/METADATA" in wheel.namelist()


def test_a_backend_without_the_hook_asks_for_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend("pass", "another_hook()"))
    assert sandbox.run(hostile.job(tmp_path, archive)).requires == ()


def test_a_backend_that_is_not_there_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", "")
    job = dataclasses.replace(hostile.job(tmp_path, archive), backend="absent.api", backend_path=())
    with pytest.raises(BuildFailed, match=r"backend cannot be imported: .*absent"):
        sandbox.run(job)


@pytest.mark.parametrize("ends", ["os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(20)", "os._exit(0)"])
def test_a_backend_cannot_pass_for_a_sandbox_that_does_not_start(sandbox: Sandbox, tmp_path: Path, ends: str) -> None:
    """It ends the worker before there is an answer, and talks as bubblewrap does."""
    body = f'print("bwrap: Can\'t mount proc: Operation not permitted", flush=True)\n{ends}'
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(body))
    with pytest.raises(BuildFailed) as caught:
        sandbox.run(hostile.job(tmp_path, archive))
    assert not isinstance(caught.value, NoSandbox)


def test_a_sandbox_that_does_not_start_is_told_as_such(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend("return []"))
    job = dataclasses.replace(hostile.job(tmp_path, archive), environment=tmp_path / "gone")
    with pytest.raises(NoSandbox, match="the sandbox could not be set up: Can't find source path"):
        sandbox.run(job)


LEADING_OUT: list[tuple[str, Ask, str, str]] = [
    ("a name with a folder", "wheel", BUILDS, "return '../../../tmp/p-1-py3-none-any.whl'"),
    ("an absolute name", "wheel", BUILDS, "return '/tmp/p-1-py3-none-any.whl'"),
    ("a file that is not there", "wheel", BUILDS, "return 'p-1-py3-none-any.whl'"),
    ("another kind of file", "wheel", BUILDS, "open(wheel_directory + '/p.exe', 'w').close()\nreturn 'p.exe'"),
    ("a hidden file", "wheel", BUILDS, "open(wheel_directory + '/.whl', 'w').close()\nreturn '.whl'"),
    ("a number", "wheel", BUILDS, "return 1"),
    ("a link", "wheel", BUILDS, "os.symlink('/etc/passwd', wheel_directory + '/p.whl')\nreturn 'p.whl'"),
    ("a pipe", "wheel", BUILDS, "os.mkfifo(wheel_directory + '/p.whl')\nreturn 'p.whl'"),
    ("a folder", "wheel", BUILDS, "os.mkdir(wheel_directory + '/p.whl')\nreturn 'p.whl'"),
    (
        "a file too large",
        "wheel",
        BUILDS,
        "open(wheel_directory + '/p.whl', 'wb').write(bytes(2 << 20))\nreturn 'p.whl'",
    ),
    ("a folder elsewhere", "metadata", PREPARES, "return '../../sdist'"),
    ("no METADATA", "metadata", PREPARES, "os.mkdir(metadata_directory + '/p.dist-info')\nreturn 'p.dist-info'"),
    (
        "linked METADATA",
        "metadata",
        PREPARES,
        "os.mkdir(metadata_directory + '/p.dist-info')\n"
        "os.symlink('/etc/passwd', metadata_directory + '/p.dist-info/METADATA')\nreturn 'p.dist-info'",
    ),
]


@pytest.mark.parametrize(("name", "ask", "hook", "body"), LEADING_OUT, ids=[row[0] for row in LEADING_OUT])
def test_an_answer_is_refused_that_is(
    sandbox: Sandbox, tmp_path: Path, name: str, ask: Ask, hook: str, body: str
) -> None:
    into = tmp_path / "into"
    into.mkdir()
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(body, hook))
    with pytest.raises(BuildFailed, match=r"makes no sense|larger than"):
        sandbox.run(hostile.job(tmp_path, archive, ask=ask, limits=Limits(seconds=20, answer=1 << 20)), into)
    assert list(into.iterdir()) == []


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, link, 0o6777
    return member


ESCAPES = {
    "..": [_member("p-1/../../../../../build/escaped")],
    "an absolute name": [_member("/build/escaped")],
    "a link, then a file through it": [_member("p-1/l", tarfile.SYMTYPE, "/build"), _member("p-1/l/escaped")],
    "a link upwards, then a file through it": [_member("p-1/l", tarfile.SYMTYPE, "../../.."), _member("p-1/l/escaped")],
    "a hard link": [_member("p-1/l", tarfile.LNKTYPE, "/etc/passwd")],
    "a device": [_member("p-1/d", tarfile.CHRTYPE)],
    "a link to itself": [_member("p-1/l", tarfile.SYMTYPE, "l"), _member("p-1/l/x")],
}


@pytest.mark.parametrize("name", ESCAPES)
def test_an_archive_leads_nowhere_by(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """It is refused, or the member is placed inside or left out; what is written elsewhere would be the sandbox's own."""
    code = hostile.backend("return sorted(os.listdir('/build')) + [str(os.access('/etc/passwd', os.W_OK))]")
    path = tmp_path / "p-1.tar"
    hostile.sdist(path.with_suffix(".tar.gz"), code)
    with tarfile.open(path, "w") as archive:
        for member in ESCAPES[name]:
            hostile.add(archive, member, b"x" if member.isreg() else b"")
        for inner, text in (("p-1/pyproject.toml", hostile.PYPROJECT), ("p-1/hostile.py", code)):
            hostile.add(archive, tarfile.TarInfo(inner), text.encode())
    try:
        found = sandbox.run(hostile.job(tmp_path, path)).requires
    except BuildFailed as error:
        assert error.reason.startswith("its archive cannot be unpacked: ")  # noqa: PT017 - either will do
    else:
        assert found == ("home", "tmp", "work", "False")


def test_a_zip_leads_nowhere(sandbox: Sandbox, tmp_path: Path) -> None:
    path = hostile.sdist(tmp_path / "p-1.zip", hostile.backend("return sorted(os.listdir('/build'))"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("p-1/../../../escaped", "x")
        archive.writestr("/p-1/escaped", "x")
    assert "escaped" not in sandbox.run(hostile.job(tmp_path, path)).requires


def test_an_archive_that_is_none_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "p-1.tar.gz"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(BuildFailed, match="archive cannot be unpacked"):
        sandbox.run(hostile.job(tmp_path, path))


def test_a_small_archive_of_large_files_fills_nothing_but_its_own_disk(sandbox: Sandbox, tmp_path: Path) -> None:
    path = hostile.sdist(tmp_path / "p-1.zip", hostile.backend("return []"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p-1/zeros", bytes(64 << 20))
    with pytest.raises(BuildFailed, match=r"archive cannot be unpacked: .*(No space|too large)"):
        sandbox.run(hostile.job(tmp_path, path, limits=Limits(seconds=20, disk=16 << 20)))


def test_an_older_bubblewrap_is_bounded_by_the_watch(tmp_path: Path, sandbox: Sandbox) -> None:
    """One that bounds no tmpfs and forbids no user namespaces by itself."""
    older = Sandbox(lambda: dataclasses.replace(bubblewrap.find(), features=frozenset()))
    fills = "for n in range(1000):\n    open('/build/%d' % n, 'wb').write(bytes(1 << 20))\n    time.sleep(0.01)"
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(fills))
    with pytest.raises(BuildFailed, match="wrote more than 16 MiB"):
        older.run(hostile.job(tmp_path, archive, limits=Limits(seconds=20, disk=16 << 20)))


def test_named_tools_can_be_used_and_no_others(sandbox: Sandbox, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        skip("no C compiler")
    body = """
    with open("x.c", "w") as stream:
        stream.write("#include <stdio.h>\\nint main(void) { puts(\\"built\\"); return 0; }\\n")
    subprocess.check_call(["gcc", "x.c", "-o", "x"])
    return [subprocess.check_output(["./x"]).decode().strip(), str(shutil.which("perl"))]
    """
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(body))
    found = sandbox.run(dataclasses.replace(hostile.job(tmp_path, archive), tools=("gcc",)))
    assert found.requires == ("built", "None")


def test_a_tool_that_this_machine_does_not_have_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend("return []"))
    with pytest.raises(BuildFailed, match="no-such-tool") as caught:
        sandbox.run(dataclasses.replace(hostile.job(tmp_path, archive), tools=("no-such-tool",)))
    assert caught.value.missing == ("no-such-tool",)


def test_the_surroundings_are_the_same_everywhere(sandbox: Sandbox, tmp_path: Path) -> None:
    body = "return [json.dumps(dict(os.environ)), os.path.expanduser('~'), sys.prefix, os.popen('echo sh').read()]"
    archive = hostile.sdist(tmp_path / "p-1.tar.gz", hostile.backend(body))
    found, home, prefix, shell = sandbox.run(hostile.job(tmp_path, archive)).requires
    names = {name for name in json.loads(found) if not name.startswith("_PYPROJECT_HOOKS")}
    assert names - {"LD_LIBRARY_PATH"} == {*bubblewrap.ENVIRONMENT, "PWD"}
    assert (home, prefix, shell) == ("/build/home", "/env", "sh\n")
