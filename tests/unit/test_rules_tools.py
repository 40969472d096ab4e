"""The programs that actions run: archives, wheels, and what a program finds on its path when it starts."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import json
import os
import random
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.builder.builds import UTILITIES
from tests.support.machine import empty_network, interpreters, skip
from tests.support.rule_tools import RULES, TOOLS, library, program
from tests.support.self_building import self_building
from tests.support.wheels import wheel_with

archives, failure, wheels = library("archives"), library("failure"), library("wheels")
Failure = failure.Failure
PYTHONS = [pytest.param(path, id=path.name) for path in interpreters()]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- archives that lead out ----------------------------------------------------------------------------------------

Entry = tuple[str, "bytes | str | int", int]
"""A name; bytes of a file, the target of a link, or the type of something else; a mode."""


def tar_of(path: Path, *entries: Entry, hard: bool = False) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content, permissions in entries:
            info = tarfile.TarInfo(name)
            info.mode = permissions
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
                continue
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE if hard else tarfile.SYMTYPE, content
            else:
                info.type = bytes([content])
            archive.addfile(info)
    return path


def zip_of(path: Path, entries: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if name.endswith(".sh") else 0o100600) << 16
            archive.writestr(info, content)
    return path


FILE: Entry = ("keel-1/setup.py", b"x = 1\n", 0o600)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "source"
    folder.mkdir(parents=True)
    return folder


def test_unpack_a_tar(tmp_path: Path, source: Path) -> None:
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/run.sh", b"#!/bin/sh\n", 0o4711),
        ("keel-1/doc", tarfile.DIRTYPE[0], 0o700),
        ("keel-1/doc/link", "../setup.py", 0o777),
    )
    folder = Path(archives.unpack(str(archive), str(source)))
    assert folder == source / "keel-1"
    assert (folder / "doc/link").readlink() == Path("../setup.py")
    assert (folder / "doc/link").read_bytes() == b"x = 1\n"
    assert (mode(folder / "setup.py"), mode(folder / "run.sh"), mode(folder / "doc")) == (0o644, 0o755, 0o755)
    assert (folder / "setup.py").stat().st_uid == os.getuid()


def test_unpack_a_zip(tmp_path: Path, source: Path) -> None:
    archive = zip_of(tmp_path / "keel-1.zip", {"keel-1/setup.py": b"x", "keel-1/run.sh": b"y", "keel-1/doc/a": b""})
    folder = Path(archives.unpack(str(archive), str(source)))
    assert tree(folder) == {"setup.py": b"x", "run.sh": b"y", "doc/a": b""}
    assert mode(folder / "run.sh") == 0o755


@pytest.mark.parametrize("name", ["../evil", "keel-1/../../evil", "/evil", "keel-1/a/../../../evil"])
def test_entries_that_lead_out(tmp_path: Path, source: Path, name: str) -> None:
    tarred = tar_of(tmp_path / "keel-1.tar.gz", FILE, (name, b"evil", 0o644))
    zipped = zip_of(tmp_path / "keel-1.zip", {"keel-1/setup.py": b"x", name: b"evil"})
    for archive in (tarred, zipped):
        with pytest.raises(Failure, match=r"evil leads out of its archive"):
            archives.unpack(str(archive), str(source))
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("hard", [False, True], ids=["symbolic", "hard"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "../../../secret"])
def test_links_that_lead_out(tmp_path: Path, source: Path, target: str, hard: bool) -> None:
    (tmp_path / "work" / "secret").write_text("secret")
    archive = tar_of(tmp_path / "keel-1.tar.gz", FILE, ("keel-1/link", target, 0o644), hard=hard)
    with pytest.raises(Failure, match="leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert "keel-1/link" not in tree(source)


def test_a_link_through_a_link_that_leads_out(tmp_path: Path, source: Path) -> None:
    """Each by its own words stays inside; ``b/c/d/up/..`` is where the first of them leads, and not ``b/c/d``."""
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/b/c/d/up", "../../..", 0o777),
        ("keel-1/out", "b/c/d/up/../..", 0o777),
        ("keel-1/out/evil", b"evil", 0o644),
    )
    with pytest.raises(Failure, match="leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert not (source.parent / "evil").exists()


def test_no_file_is_written_through_a_link(tmp_path: Path, source: Path) -> None:
    """By its words the link stays inside, as long as ``n`` is nothing; with ``n`` it leads three folders up."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    archive = tar_of(
        tmp_path / "keel-1.tar.gz",
        FILE,
        ("keel-1/out", "n/n/../../../precious", 0o777),
        ("keel-1/n", ".", 0o777),
        ("keel-1/out", b"evil", 0o644),
    )
    with pytest.raises(Failure, match="keel-1/out leads out of its archive"):
        archives.unpack(str(archive), str(source))
    assert precious.read_text() == "mine"


def test_a_hard_link_takes_a_link_to_where_it_leads_out(tmp_path: Path, source: Path) -> None:
    with tarfile.open(tmp_path / "keel-1.tar.gz", "w:gz") as archive:
        for name, kind, target in [
            ("keel-1/setup.py", tarfile.REGTYPE, ""),
            ("keel-1/a/b/c/link", tarfile.SYMTYPE, "../../../setup.py"),
            ("keel-1/copy", tarfile.LNKTYPE, "keel-1/a/b/c/link"),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    told = ""
    try:
        archives.unpack(str(tmp_path / "keel-1.tar.gz"), str(source))
    except Failure as failure:
        told = str(failure)
    is_link = (source / "keel-1/copy").is_symlink()  # newer releases of Python follow it: what is there is the file
    assert told == ("keel-1/copy leads out of its archive" if is_link else "")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes(tmp_path: Path, source: Path, kind: bytes) -> None:
    archive = tar_of(tmp_path / "keel-1.tar.gz", FILE, ("keel-1/device", kind[0], 0o644))
    with pytest.raises(Failure, match=r"keel-1/device: a device or a pipe in an archive"):
        archives.unpack(str(archive), str(source))


@pytest.mark.parametrize(
    ("entries", "said"), [((), "but: nothing"), ((FILE, ("other/a", b"", 0o644)), "keel-1, other")]
)
def test_an_sdist_holds_one_folder(tmp_path: Path, source: Path, entries: tuple[Entry, ...], said: str) -> None:
    archive = tar_of(tmp_path / "keel-1.tar.gz", *entries)
    with pytest.raises(Failure, match=rf"^keel-1\.tar\.gz does not hold one folder.*{said}"):
        archives.unpack(str(archive), str(source))


# --- archives with the same bytes ----------------------------------------------------------------------------------

_CONTENTS = st.dictionaries(
    st.from_regex(r"[a-c]{1,3}(/[a-c]{1,3})?(\.dist-info/R)?", fullmatch=True),
    st.tuples(st.binary(max_size=20), st.booleans()),
    max_size=5,
)


@given(_CONTENTS, st.randoms())
@settings(max_examples=30)
def test_archives_do_not_depend_on_order_or_time(
    contents: dict[str, tuple[bytes, bool]], chance: random.Random
) -> None:
    import tempfile

    shuffled = list(contents.items())
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one"), Path(folder, "two")
        for write in (archives.zipped, archives.tarred):
            write(str(one), contents)
            write(str(two), dict(shuffled))
            assert one.read_bytes() == two.read_bytes()
        with tarfile.open(one) as archive:
            members = archive.getmembers()
        assert [member.name for member in members] == sorted(contents)
        assert {member.mtime for member in members} <= {archives.EPOCH}
        assert {(member.uid, member.gid, member.uname) for member in members} <= {(0, 0, "")}
        assert {m.name: m.mode for m in members} == {n: 0o755 if x else 0o644 for n, (_, x) in contents.items()}


def test_a_tar_of_files_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    archives.tarred(str(tmp_path / "one.tar"), {"x/a": (str(tmp_path / "a"), False)}, compressed=False)
    os.utime(tmp_path / "a", (1, 1))
    (tmp_path / "a").chmod(0o700)
    archives.tarred(str(tmp_path / "two.tar"), {"x/a": (b"content", False)}, compressed=False)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_metadata_is_at_the_end_of_a_zip(tmp_path: Path) -> None:
    archives.zipped(str(tmp_path / "a.zip"), dict.fromkeys(("a-1.dist-info/RECORD", "z/a.py", "b.py"), (b"", False)))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["b.py", "z/a.py", "a-1.dist-info/RECORD"]


# --- wheels --------------------------------------------------------------------------------------------------------


def places(root: Path) -> dict[str, str]:
    names = {"purelib": "site", "platlib": "site", "scripts": "bin", "headers": "include", "data": "."}
    return {scheme: str(root / name) for scheme, name in names.items()}


ENTRY_POINTS = """\
[console_scripts]
keel = keel.cli:Command.main
Keel-Extra = keel.extra:run [extra]

[gui_scripts]
keel-window = keel:window

[keel.plugins]
other = keel:other
"""


def keel(folder: Path) -> Path:
    files = {
        "keel/__init__.py": b"x = 1\n",
        "keel/__pycache__/old.pyc": b"",
        "keel-1.data/purelib/pure.py": b"",
        "keel-1.data/platlib/native.so": b"",
        "keel-1.data/scripts/tool": b"#!python -s\nprint(1)\n",
        "keel-1.data/scripts/shell": b"#!/bin/sh\n",
        "keel-1.data/headers/keel.h": b"",
        "keel-1.data/data/share/keel.txt": b"",
    }
    return wheel_with(folder, "keel", files, entry_points=ENTRY_POINTS)


def test_a_wheel_is_placed_by_its_schemes(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tops = wheels.install(str(keel(tmp_path)), places(root), "/opt/python")
    assert tops == {"keel", "pure.py", "native.so", "keel-1.dist-info"}
    found = tree(root)
    assert set(found) == {
        "bin/keel", "bin/Keel-Extra", "bin/keel-window", "bin/shell", "bin/tool",
        "include/keel.h", "share/keel.txt",
        "site/keel/__init__.py", "site/native.so", "site/pure.py",
        *(f"site/keel-1.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")),
    }  # fmt: skip
    assert found["bin/tool"].startswith(b"#!/opt/python\nprint")
    assert found["bin/shell"] == b"#!/bin/sh\n"
    assert {name: mode(root / name) for name in found if name.startswith("bin/")} == dict.fromkeys(
        (name for name in found if name.startswith("bin/")), 0o755
    )
    assert mode(root / "site/keel/__init__.py") == 0o644


def test_entry_points_become_scripts(tmp_path: Path) -> None:
    wheels.install(str(keel(tmp_path)), places(tmp_path / "root"), "/opt/python")
    command = (tmp_path / "root/bin/keel").read_text()
    assert command.splitlines() == [
        "#!/opt/python",
        "import sys",
        "",
        "from keel.cli import Command",
        "",
        'if __name__ == "__main__":',
        "    sys.exit(Command.main())",
    ]
    assert "sys.exit(run())" in (tmp_path / "root/bin/Keel-Extra").read_text()
    assert "from keel import window\n" in (tmp_path / "root/bin/keel-window").read_text()


def test_a_script_of_one_line(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel-1.data/scripts/tool": b"#!python"})
    wheels.install(str(wheel), places(tmp_path / "root"), "/opt/python")
    assert (tmp_path / "root/bin/tool").read_bytes() == b"#!/opt/python"


def test_without_an_interpreter_there_are_no_scripts_of_entry_points(tmp_path: Path) -> None:
    wheels.install(str(keel(tmp_path)), places(tmp_path / "root"))
    assert {p.name: p.read_bytes() for p in (tmp_path / "root/bin").iterdir()} == {
        "tool": b"#!python -s\nprint(1)\n",
        "shell": b"#!/bin/sh\n",
    }


@pytest.mark.parametrize(
    ("files", "bare", "said"),
    [
        ({"other-2.dist-info/METADATA": b""}, False, r"keel-1-py3-none-any\.whl has 2 folders \.dist-info, not one"),
        ({"keel.py": b""}, True, r"has 0 folders \.dist-info, not one"),
        ({"../evil.py": b""}, False, r"evil\.py leads out of its archive"),
        ({"keel-1.data/scripts/../../evil": b""}, False, "evil leads out of its archive"),
        ({"/evil": b""}, False, "/evil leads out of its archive"),
        ({"keel-1.data/elsewhere/evil": b""}, False, r"keel-1-py3-none-any\.whl cannot be installed: 'elsewhere'"),
    ],
)
def test_what_is_no_wheel(tmp_path: Path, files: dict[str, bytes], bare: bool, said: str) -> None:
    with pytest.raises(Failure, match=said):
        wheels.install(str(wheel_with(tmp_path, "keel", files, bare=bare)), places(tmp_path / "root"), "/p")
    assert not list(tmp_path.rglob("evil*"))


def test_what_is_no_zip_and_scripts_that_lead_out(tmp_path: Path) -> None:
    (tmp_path / "broken.whl").write_bytes(b"not a zip")
    with pytest.raises(Failure, match=r"broken\.whl cannot be installed: File is not a zip file"):
        wheels.install(str(tmp_path / "broken.whl"), places(tmp_path / "root"))
    hostile = wheel_with(tmp_path, "keel", {}, entry_points="[console_scripts]\n../evil = a:b\n")
    with pytest.raises(Failure, match="evil leads out"):
        wheels.install(str(hostile), places(tmp_path / "root"), "/p")


def test_a_folder_that_holds_a_wheel(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    with pytest.raises(Failure, match="holds 0 wheels, not one"):
        wheels.wheel_in(str(tmp_path / "built"))
    one = wheel_with(tmp_path / "built", "one", {})
    (tmp_path / "built" / "log.txt").write_text("")
    assert wheels.wheel_in(str(tmp_path / "built")) == wheels.wheel_in(str(one)) == str(one)
    wheel_with(tmp_path / "built", "two", {})
    with pytest.raises(Failure, match="holds 2 wheels, not one"):
        wheels.wheel_in(str(tmp_path / "built"))


def record(wheel: Path) -> dict[str, tuple[str, str]]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        return {row[0]: (row[1], row[2]) for row in csv.reader(archive.read(name).decode().splitlines())}


def holds_its_record(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        expected = {}
        for name in archive.namelist():
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            expected[name] = ("", "") if name.endswith("/RECORD") else (f"sha256={digest}", str(len(content)))
    return record(wheel) == expected


def test_pack_writes_a_record_of_what_is_there(tmp_path: Path) -> None:
    entries = {
        'keel/a,"b".txt': (b"content", False),
        "keel/tool": (b"#!", True),
        "keel-1.dist-info/METADATA": (b"Name: keel\n", False),
        "keel-1.dist-info/RECORD": (b"something else", False),
        "keel-1.dist-info/RECORD.jws": (b"signed", False),
        "keel-1.dist-info/RECORD.p7s": (b"signed", False),
    }
    path = tmp_path / "keel-1-py3-none-any.whl"
    wheels.pack(entries, str(path))
    assert holds_its_record(path)
    assert set(record(path)) == {n for n in entries if not n.endswith((".jws", ".p7s"))}
    with zipfile.ZipFile(path) as archive:
        assert {i.filename: i.external_attr >> 16 for i in archive.infolist()}["keel/tool"] == 0o100755
        assert archive.namelist()[-1] == "keel-1.dist-info/RECORD"
        assert archive.testzip() is None
    with pytest.raises(Failure, match=r"has 0 folders \.dist-info"):
        wheels.pack({"keel/a": (b"", False)}, str(path))


@given(st.randoms())
@settings(max_examples=10)
def test_normalised_wheels_differ_in_nothing_but_content(chance: random.Random) -> None:
    import tempfile

    contents = {
        "keel/__init__.py": b"x = 1\n" * 50,
        "keel/run": b"#!/bin/sh\n",
        "keel-1.dist-info/METADATA": b"Name: keel\n",
        "keel-1.dist-info/RECORD": b"",
    }

    def written(path: Path) -> Path:
        names = list(contents)
        chance.shuffle(names)
        with zipfile.ZipFile(path, "w") as archive:
            if chance.random() < 0.5:
                archive.writestr("keel/", b"")
            for name in names:
                info = zipfile.ZipInfo(name, (chance.randint(1980, 2030), 2, 3, 4, 5, 6))
                info.compress_type = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
                permissions = [0o700, 0o777] if name.endswith("run") else [0, 0o600, 0o664]
                info.external_attr = chance.choice(permissions) << 16
                info.create_system = chance.choice([0, 3])
                noise = str(chance.random()).encode() if name.endswith("RECORD") else b""
                archive.writestr(info, contents[name] + noise)
        return path

    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name in ("one", "two"):
            target = Path(folder, name + ".out")
            wheels.normalise(str(written(Path(folder, name))), str(target))
            assert holds_its_record(target)
            made.append(target.read_bytes())
    assert made[0] == made[1]


# --- programs ------------------------------------------------------------------------------------------------------


def run_installed(tmp_path: Path, wheel: Path) -> tuple[Path, Path]:
    site, metadata = tmp_path / "site-packages", tmp_path / "metadata"
    program("install").run({"wheel": str(wheel), "site_packages": str(site), "dist_info": str(metadata)})
    return site, metadata


def test_install(tmp_path: Path) -> None:
    site, metadata = run_installed(tmp_path, keel(tmp_path))
    assert {"keel/__init__.py", "bin/tool", "include/keel.h", "share/keel.txt"} <= set(tree(site))
    assert set(tree(metadata)) == {
        f"keel-1.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")
    }
    assert ".wheelhouse-pth" not in tree(site)  # it has no .pth


def test_install_marks_what_has_pth_files(tmp_path: Path) -> None:
    files = {"z.pth": b"import z\n", "keel-1.data/purelib/a.pth": b"sub\n", "keel/inner.pth": b"", "keel.py": b""}
    site, _ = run_installed(tmp_path, wheel_with(tmp_path, "keel", files))
    assert (site / program("install").MARK).read_text() == "a.pth\nz.pth\n"


def test_install_from_the_folder_of_a_build(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    wheel_with(tmp_path / "built", "keel", {"keel.py": b""})
    assert "keel.py" in tree(run_installed(tmp_path, tmp_path / "built")[0])


@pytest.mark.parametrize("python", PYTHONS)
def test_programs_run_on_every_python(tmp_path: Path, python: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"", "a.pth": b""})
    parameters = {
        "wheel": str(wheel), "site_packages": str(tmp_path / "site"), "dist_info": str(tmp_path / "info"),
    }  # fmt: skip
    assert ran(python, "install", parameters, tmp_path) == (0, "")
    assert "keel.py" in tree(tmp_path / "site")
    packed = tmp_path / "keel-2-py3-none-any.whl"
    content = [str(path) for path in sorted((tmp_path / "site").rglob("*")) if path.is_file()]
    assert ran(
        python, "pack", {"archive": str(packed), "root": str(tmp_path / "site"), "files": content}, tmp_path
    ) == (0, "")
    assert holds_its_record(packed)
    parameters = {"archive": str(tmp_path / "a.tar"), "directory": str(tmp_path / "site"), "name": "n"}
    assert ran(python, "tar", parameters, tmp_path) == (0, "")
    (tmp_path / "broken").write_bytes(b"")
    code, said = ran(
        python, "install", {"wheel": str(tmp_path / "broken"), "site_packages": str(tmp_path / "s")}, tmp_path
    )
    assert (code, said) == (1, "\nerror: broken cannot be installed: File is not a zip file\n\n")


def ran(python: Path, name: str, parameters: Mapping[str, object], folder: Path) -> tuple[int, str]:
    (folder / "parameters.json").write_text(json.dumps(parameters))
    command = [str(python), "-B", "-I", "-c", _ISOLATED, str(TOOLS / f"{name}.py"), str(folder / "parameters.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


_ISOLATED = (
    "import os, runpy, sys; del sys.argv[0]; sys.path.insert(0, os.path.dirname(sys.argv[0])); "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


def unpacked(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755 if content.startswith(b"#!") else 0o644)
    return [str(folder / name) for name in files]


@pytest.mark.parametrize("ending", [".tar.gz", ".zip"])
def test_pack_an_sdist(tmp_path: Path, ending: str) -> None:
    files = {"keel-1/setup.py": b"x = 1\n", "keel-1/configure": b"#!/bin/sh\n"}
    paths = unpacked(tmp_path / "root", files)
    made = []
    for order in (paths, paths[::-1]):
        path = tmp_path / f"keel-1{ending}"
        program("pack").run({"archive": str(path), "root": str(tmp_path / "root"), "files": order})
        made.append(path.read_bytes())
        os.utime(paths[0], (1, 1))
    assert made[0] == made[1]
    (tmp_path / "again").mkdir()
    folder = Path(archives.unpack(str(path), str(tmp_path / "again")))
    assert {f"keel-1/{name}": content for name, content in tree(folder).items()} == files
    assert (mode(folder / "configure"), mode(folder / "setup.py")) == (0o755, 0o644)


def test_pack_a_wheel(tmp_path: Path) -> None:
    info = "keel-1.dist-info"
    files = {
        "keel.py": b"patched",
        "run": b"#!/bin/sh\n",
        f"{info}/METADATA": b"",
        f"{info}/RECORD": b"keel.py,sha256=old,1\n",
    }
    path = tmp_path / "keel-1-py3-none-any.whl"
    parameters = {"archive": str(path), "root": str(tmp_path / "root"), "files": unpacked(tmp_path / "root", files)}
    program("pack").run(parameters)
    assert holds_its_record(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("keel.py") == b"patched"
        assert archive.getinfo("run").external_attr >> 16 == 0o100755


def test_tar(tmp_path: Path) -> None:
    unpacked(tmp_path / "tree", {"simple/index.html": b"<html>", "files/a.whl": b"wheel"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.whl").write_bytes(b"linked")
    (tmp_path / "tree/files/b.whl").symlink_to(tmp_path / "elsewhere/b.whl")
    (tmp_path / "tree/linked").symlink_to(tmp_path / "elsewhere")
    parameters = {"directory": str(tmp_path / "tree"), "name": "index", "archive": str(tmp_path / "index.tar")}
    program("tar").run(parameters)
    with tarfile.open(tmp_path / "index.tar") as archive:
        found = {member.name: member for member in archive.getmembers()}
        read = {name: archive.extractfile(member).read() for name, member in found.items()}  # type: ignore[union-attr]
    assert read == {
        "index/files/a.whl": b"wheel",
        "index/files/b.whl": b"linked",
        "index/linked/b.whl": b"linked",
        "index/simple/index.html": b"<html>",
    }
    assert list(found) == sorted(found)
    assert all(member.isreg() for member in found.values())


_ASKS_NETWORK = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from wheelhouse_tools.network import leave_network
user = os.getuid()
leave_network()
assert os.getuid() == user, (os.getuid(), user)
assert [name for _, name in socket.if_nameindex()] == ["lo"], socket.if_nameindex()
server = socket.create_server(("127.0.0.1", 0)) if hasattr(socket, "create_server") else None
if server: socket.create_connection(server.getsockname()).close()
"""


@pytest.mark.parametrize("python", PYTHONS)
def test_builds_have_no_network_but_their_loopback(python: Path) -> None:
    if empty_network() is None:
        skip("this machine allows no network namespace")
    done = subprocess.run([str(python), "-c", _ASKS_NETWORK, str(TOOLS)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_builds_find_what_the_resolvers_sandbox_has() -> None:
    assert set(program("build").UTILITIES) == set(UTILITIES)
    assert len(program("build").UTILITIES) == len(UTILITIES)


HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_a_build_needs_the_python_of_its_environment() -> None:
    parameters = {
        "title": "keel-1.tar.gz", "environment": "linux", "interpreter": {"version": "3.1"},
        "remedies": {"python": "Register one."},
    }  # fmt: skip
    said = (
        rf"^keel-1\.tar\.gz is built for linux: this Python \(.*\) has version {HERE}\.\S+, not 3\.1\. Register one\.$"
    )
    with pytest.raises(Failure, match=said):
        program("build").run(parameters)


SEES_ITS_PLACE = """\
import importlib.util, sys
assert all(argument[0] != "-" for argument in sys.argv), sys.argv  # as the setup.py of ruamel.yaml.clib asks
assert [name for name in ("bin", "env", "home", "source", "wheel") if importlib.util.find_spec(name)] == [], sys.path
assert sys.path[0].endswith("/source/keel-1.0"), sys.path
"""


def test_a_backend_sees_a_program_with_a_name_and_no_folders_of_ours(tmp_path: Path) -> None:
    sdist = tmp_path / "keel-1.0.tar.gz"
    sdist.write_bytes(self_building("keel", build=SEES_ITS_PLACE))
    parameters = {
        "title": sdist.name, "sdist": str(sdist), "environment": "linux", "interpreter": {"version": HERE},
        "wheels": [], "backend": "backend", "backend_path": ["."], "programs": {}, "compiler": None,
        "utilities": ["/usr/bin", "/bin"], "variables": {}, "directory": str(tmp_path / "built"),
        "remedies": {"python": "", "programs": ""},
    }  # fmt: skip
    assert ran(Path(sys.executable), "build", parameters, tmp_path) == (0, "")
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["keel-1.0-py3-none-any.whl"]


CPYTHON = {"version": "3.13.0", "implementation": "cpython", "abi": "cp313t", "libc": "glibc 2.36"}
PYPY = {"version": "3.10.14", "implementation": "pypy", "abi": None, "libc": "musl"}


@pytest.mark.parametrize(
    ("here", "expected", "differs"),
    [
        (CPYTHON, {"version": "3.13"}, ""),
        (CPYTHON, {"version": "3.13.0", "implementation": "cpython", "abi": "cp313t", "libc": "glibc 2.28"}, ""),
        (CPYTHON, {"version": "3.13", "implementation": None, "abi": None, "libc": "glibc"}, ""),
        (CPYTHON, {"version": "3.1"}, "version 3.13.0, not 3.1"),
        (CPYTHON, {"version": "3.13.1"}, "version 3.13.0, not 3.13.1"),
        (CPYTHON, {"version": "3.13", "abi": "cp313"}, "ABI cp313t, not cp313"),
        (CPYTHON, {"version": "3.13", "libc": "glibc 2.100"}, "C library glibc 2.36, not glibc 2.100"),
        (CPYTHON, {"version": "3.13", "libc": "musl 1.2"}, "C library glibc 2.36, not musl 1.2"),
        (PYPY, {"version": "3.10", "implementation": "pypy", "abi": "pypy310_pp73", "libc": "musl 1.2"}, ""),
        (
            PYPY,
            {"version": "3.11", "implementation": "cpython"},
            "version 3.10.14, not 3.11; implementation pypy, not cpython",
        ),
    ],
)
def test_what_a_python_has_to_be(monkeypatch: pytest.MonkeyPatch, here: object, expected: object, differs: str) -> None:
    interpreters_of_tools = library("interpreters")
    monkeypatch.setattr(interpreters_of_tools, "facts", lambda: here)
    if not differs:
        interpreters_of_tools.check(expected, "x", "y")
        return
    with pytest.raises(Failure, match=re.escape(f"x: this Python ({sys.executable}) has {differs}. y")):
        interpreters_of_tools.check(expected, "x", "y")


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_knows_what_it_is(tmp_path: Path, python: Path) -> None:
    code = "import json; from wheelhouse_tools.interpreters import facts; print(json.dumps(facts()))"
    done = subprocess.run([str(python), "-B", "-c", code], cwd=TOOLS, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    number = python.name.removeprefix("python")
    assert facts["version"].startswith(f"{number}.")
    assert facts["implementation"] == "cpython"
    assert facts["abi"].rstrip("mt") == f"cp{number.replace('.', '')}"


# --- environments --------------------------------------------------------------------------------------------------


def made(folder: Path, python: Path, *wheels: Path, compiled: bool = False) -> Path:
    """An environment that the tool makes of wheels; the path of its interpreter."""
    parameters = {
        "wheels": [str(wheel) for wheel in wheels], "interpreter": {"version": python.name.removeprefix("python")},
        "environment": "linux", "remedies": {"python": ""}, "compile": compiled, "directory": str(folder / "env"),
    }  # fmt: skip
    assert ran(python, "environment", parameters, folder) == (0, "")
    return folder / "env/bin/python"


@pytest.mark.parametrize("python", PYTHONS)
def test_an_environment_has_its_wheels_and_their_scripts(tmp_path: Path, python: Path) -> None:
    points = "[console_scripts]\nkeel = keel:main\n"
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"def main(): print('ahoy')\n"}, entry_points=points)
    here = made(tmp_path, python, wheel, compiled=True)
    assert subprocess.run([str(here.parent / "keel")], capture_output=True, text=True, check=True).stdout == "ahoy\n"
    code = "import sys, keel; print(sys.prefix, keel.__cached__)"
    said = subprocess.run([str(here), "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == str(here.parents[1])
    assert Path(said[1]).exists()


@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_compiled_knows_no_time_though_a_pth_file_imports_it(tmp_path: Path, python: Path) -> None:
    wheel = wheel_with(tmp_path, "keel", {"keel.py": b"x = 1\n", "keel.pth": b"import keel\n"})
    made(tmp_path, python, wheel, compiled=True)
    [compiled] = tmp_path.rglob("keel.*.pyc")
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"  # PEP 552: by its source's hash, which is not compared


def told(folder: Path, *wheels: Path) -> tuple[int, str]:
    parameters = {
        "wheels": [str(wheel) for wheel in wheels], "interpreter": {"version": HERE}, "environment": "linux",
        "remedies": {"python": ""}, "compile": False, "directory": str(folder / "env"),
    }  # fmt: skip
    return ran(Path(sys.executable), "environment", parameters, folder)


def test_files_that_two_wheels_bring_are_told_where_they_differ(tmp_path: Path) -> None:
    points = "[console_scripts]\nahoy = {}:main\n"
    same = {"sea/__init__.py": b"", "tests/__init__.py": b"1\n"}
    one = wheel_with(tmp_path, "keel", {**same, "keel.py": b""}, entry_points=points.format("keel"))
    two = wheel_with(tmp_path, "sail", {**same, "tests/__init__.py": b"2\n"}, entry_points=points.format("sail"))
    site = f"lib/python{HERE}/site-packages"
    code, said = told(tmp_path, one, two)
    line = "warning: {} is in keel-1 and in sail-1 with different content; that of sail-1 is there"
    assert code == 0
    assert said.splitlines() == [line.format(f"{site}/tests/__init__.py"), line.format("bin/ahoy")]
    assert (tmp_path / "env" / site / "tests/__init__.py").read_bytes() == b"2\n"
    assert b"from sail import main" in (tmp_path / "env/bin/ahoy").read_bytes()


def test_many_files_that_two_wheels_bring(tmp_path: Path) -> None:
    one, two = (
        wheel_with(tmp_path, name, {f"docs/{number}.txt": name.encode() for number in range(12)})
        for name in ("keel", "sail")
    )
    code, said = told(tmp_path, one, two)
    assert (code, said.count("\n")) == (0, 11)
    assert said.endswith("\nwarning: and so are 2 more files\n")


@pytest.mark.parametrize("turned", [False, True])
def test_a_file_where_another_wheel_has_a_folder(tmp_path: Path, turned: bool) -> None:
    file = wheel_with(tmp_path, "keel", {"sea": b""})
    folder = wheel_with(tmp_path, "sail", {"sea/wave/foam.py": b""})
    code, said = told(tmp_path, *((folder, file) if turned else (file, folder)))
    owners = "sail-1 and keel-1" if turned else "keel-1 and sail-1"
    assert code == 1
    assert said.startswith(f"\nerror: {owners} cannot be in one environment: the one has the file lib/")
    assert f"site-packages/{'sea/wave/foam.py' if turned else 'sea'}, and the other has lib/" in said


@pytest.mark.parametrize(
    ("files", "points"),
    [({"keel-1.data/scripts/python": b"evil"}, ""), ({"keel-1.data/data/bin/python": b"evil"}, ""), ({}, "python")],
)
def test_no_wheel_overwrites_the_interpreter(tmp_path: Path, files: dict[str, bytes], points: str) -> None:
    """The environment's is a link to that of the machine, which need not be what runs: a venv may hold a copy."""
    interpreter = tmp_path / "machine/python"
    interpreter.parent.mkdir()
    interpreter.write_bytes(b"interpreter")
    (tmp_path / "root/bin").mkdir(parents=True)
    (tmp_path / "root/bin/python").symlink_to(interpreter)
    wheel = wheel_with(
        tmp_path,
        "keel",
        {"keel.py": b"", **files},
        entry_points=f"[console_scripts]\n{points} = keel:x\n" if points else "",
    )
    with pytest.raises(Failure, match=r"^keel-1 cannot be installed: it would overwrite bin/python$"):
        wheels.install(str(wheel), places(tmp_path / "root"), "/opt/python")
    assert interpreter.read_bytes() == b"interpreter"


def with_record(wheel: Path) -> Path:
    folder = wheel.parent / "recorded"
    folder.mkdir()
    wheels.normalise(str(wheel), str(folder / wheel.name))
    return folder / wheel.name


def imported(folder: Path, python: Path, *skip: str) -> tuple[int, str]:
    parameters = {"skip": skip, "environment": "linux", "report": str(folder / "report")}
    code, said = ran(python, "imports", parameters, folder)
    return code, said or (folder / "report").read_text()


def test_imports_of_an_environment(tmp_path: Path) -> None:
    python = interpreters()[-1]
    keel = {"keel/__init__.py": b"", "keel_web.py": b"import flask_of_nobody\n", "keel_data/x.txt": b"", "a.pth": b""}
    code, said = imported(tmp_path, made(tmp_path, python, with_record(wheel_with(tmp_path, "keel", keel))))
    assert (code, said) == (0, "keel 1: keel\n    not keel_web, for want of flask_of_nobody\n")


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"keel.py": b"import nobody\n"}, "keel: ModuleNotFoundError: No module named 'nobody'"),
        ({"keel.py": b"", "hull.py": b"1 / 0\n"}, "hull: ZeroDivisionError: division by zero"),
        ({"keel.py": b"", "hull.py": b"from keel import no\n"}, "hull: ImportError: cannot import name 'no'"),
        ({"keel.py": b"import os; os._exit(3)\n"}, "keel: ended with code 3: "),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, files: dict[str, bytes], fault: str) -> None:
    python = made(tmp_path, interpreters()[-1], with_record(wheel_with(tmp_path, "keel", files)))
    code, said = imported(tmp_path, python)
    assert code == 1
    assert f"  keel 1\n    {fault}" in said
    assert imported(tmp_path, python, "keel", "hull")[0] == 0


# --- what starts with a program ------------------------------------------------------------------------------------

SITE = RULES / "libraries" / "site"
REPORT = "import json, sys; print(json.dumps([getattr(sys, 'seen', []), sys.path]))"
NOTE = "import sys; sys.seen = getattr(sys, 'seen', []) + [{!r}]\n"


def started(python: Path, *folders: Path) -> tuple[list[str], list[str]]:
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [str(python), "-B", "-S", "-c", "import sitecustomize\n" + REPORT]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    seen, path = json.loads(done.stdout)
    return seen, path


@pytest.mark.parametrize("python", PYTHONS)
def test_pth_files_of_wheels_are_carried_out(tmp_path: Path, python: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    unpacked(one, {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode() + b"inner\n", "inner/x.py": b""})
    unpacked(two, {"b.pth": NOTE.format("b").encode()})  # without a mark: no wheel put it there
    unpacked(three, {".wheelhouse-pth": b"c.pth\n", "c.pth": NOTE.format("c").encode()})
    seen, path = started(python, SITE, one, two, three)
    assert seen == ["a", "c"]
    assert str(one / "inner") in path
    assert path.count(str(one)) == 1


@pytest.mark.parametrize("python", PYTHONS)
def test_another_sitecustomize_still_runs(tmp_path: Path, python: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    unpacked(one, {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode()})
    unpacked(two, {"sitecustomize.py": NOTE.format("theirs").encode()})
    assert started(python, SITE, one, two)[0] == ["a", "theirs"]
    assert started(python, one, SITE)[0] == ["a"]


def namespace_pth(*packages: str) -> bytes:
    """What setuptools wrote into NAME-nspkg.pth, a line for each package."""
    lines = []
    for package in packages:
        parts = tuple(package.split("."))
        line = (
            f"import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *{parts!r});"
            "importlib = __import__('importlib.util');__import__('importlib.machinery');"
            f"m = sys.modules.setdefault({package!r}, importlib.util.module_from_spec("
            f"importlib.machinery.PathFinder.find_spec({package!r}, [os.path.dirname(p)])));"
            "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
        )
        parent, _, last = package.rpartition(".")
        lines.append(line + (f";m and setattr(sys.modules[{parent!r}], {last!r}, m)" if parent else ""))
    return "".join(line + "\n" for line in lines).encode()


@pytest.mark.parametrize("python", PYTHONS)
def test_namespace_packages_of_every_kind_are_whole(tmp_path: Path, python: Path) -> None:
    """One made by a .pth file of setuptools, which knows its own folder alone, and others with none (PEP 420)."""
    old, newer, nested = (tmp_path / name for name in ("old", "newer", "nested"))
    marked = {".wheelhouse-pth": b"old-nspkg.pth\n", "old-nspkg.pth": namespace_pth("sea", "sea.deep")}
    names = {"old-1.dist-info/namespace_packages.txt": b"sea\nsea.deep\n"}
    unpacked(old, {**marked, **names, "sea/salt.py": b"", "sea/deep/eel.py": b""})
    unpacked(newer, {"sea/foam.py": b"", "sea/wave/__init__.py": b""})
    unpacked(nested, {"sea/deep/ray.py": b"", "sea.py": b"1 / 0\n"})
    code = "import sitecustomize, sea.salt, sea.foam, sea.wave, sea.deep.eel, sea.deep.ray"
    for folders in itertools.permutations([old, newer, nested]):
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, *folders]))}
        done = subprocess.run(
            [str(python), "-B", "-S", "-c", code], env=variables, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("python", PYTHONS)
def test_packages_are_whole_of_which_several_wheels_have_parts(tmp_path: Path, python: Path) -> None:
    """As where an installer puts them into one folder; the `__init__` of the first counts."""
    one, two, three = (tmp_path / f"{name}.d" / "site-packages" for name in ("one", "two", "three"))
    own = tmp_path / "own"
    both = {"sea/__init__.py": b"", "sea/deep/__init__.py": b""}
    unpacked(one, {**both, "sea/__init__.py": b"from sea.foam import FOAM\n", "lone/__init__.py": b""})
    unpacked(two, {**both, "sea/foam.py": b"FOAM = 1\n", "sea/deep/ray.py": b""})
    unpacked(three, {"sea/salt.py": b"", "sea/deep/eel.py": b"", "bin/sea": b"", "sea/data/x.txt": b"salt"})
    code = (
        "import sitecustomize, sea.salt, sea.deep.ray, sea.deep.eel, lone, pkgutil, sys; assert sea.FOAM\n"
        "assert sorted(each.name for each in pkgutil.iter_modules(sea.__path__)) == ['deep', 'foam', 'salt']\n"
        "assert len(lone.__path__) == 1"
    )

    def run(code: str, *folders: Path) -> tuple[int, str]:
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, *folders]))}
        command = [str(python), "-B", "-S", "-c", code]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    for folders in itertools.permutations([two, three]):
        assert run(code, one, *folders) == (0, "")
    unpacked(own, {"sea/__init__.py": b"OURS = 1\n"})
    ours = "import sitecustomize, sea; assert sea.OURS and len(sea.__path__) == 1"
    assert run(ours, own, one, two, three) == (0, ""), "a package of the program's own is nobody else's"


def test_a_pth_file_sees_whole_packages(tmp_path: Path) -> None:
    one, two = (tmp_path / f"{name}.d" / "site-packages" for name in ("one", "two"))
    unpacked(one, {"sea/__init__.py": b"", "a.pth": b"import sea.salt\n", ".wheelhouse-pth": b"a.pth\n"})
    unpacked(two, {"sea/__init__.py": b"", "sea/salt.py": b"print('salt')\n"})
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [SITE, one, two]))}
    command = [sys.executable, "-B", "-S", "-c", "import sitecustomize"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("salt\n", "")


def test_site_itself_runs_it_when_python_starts(tmp_path: Path) -> None:
    unpacked(tmp_path / "one", {".wheelhouse-pth": b"a.pth\n", "a.pth": NOTE.format("a").encode()})
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SITE), str(tmp_path / "one")])}
    done = subprocess.run(
        [sys.executable, "-B", "-c", REPORT], env=variables, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)[0] == ["a"]
    assert done.stderr == ""


def test_two_copies_of_it_end(tmp_path: Path) -> None:
    """As when one of two repositories brings rules of its own, or a path and a link to it are both there."""
    copy = tmp_path / "copy"
    unpacked(copy, {"sitecustomize.py": (SITE / "sitecustomize.py").read_bytes()})
    unpacked(tmp_path / "theirs", {"sitecustomize.py": NOTE.format("theirs").encode()})
    assert started(Path(sys.executable), SITE, copy, tmp_path / "theirs")[0] == ["theirs"]


THREADS = "t" if "free-threading" in sys.version else ""
THIS = {"version": HERE, "implementation": "cpython", "abi": f"cp{HERE.replace('.', '')}{THREADS}"}


@pytest.mark.parametrize(
    ("expected", "fits"),
    [
        (THIS, True),
        ({"version": HERE}, True),
        ({}, True),
        ({**THIS, "version": "3.1"}, False),
        ({**THIS, "implementation": "pypy", "abi": "pypy310_pp73"}, False),
        ({**THIS, "abi": THIS["abi"].removesuffix("t") + ("" if THREADS else "t")}, False),
    ],
)
def test_a_program_needs_the_python_of_its_environment(tmp_path: Path, expected: dict[str, str], fits: bool) -> None:
    known = {**expected, "hub": "pypi", "environment": "linux", "described": "cpython 3.1 (cp31)"}
    lines = "".join(f"{name} {value}\n" for name, value in known.items())
    module = (SITE / "sitecustomize.py").read_bytes()
    unpacked(tmp_path / "site", {"sitecustomize.py": module, ".wheelhouse-python": lines.encode()})
    unpacked(tmp_path / "other", {"sitecustomize.py": module, ".wheelhouse-python": lines.encode()})
    command = [sys.executable, "-B", "-c", "import os, subprocess, sys\nprint('runs')"]

    def run(**more: str) -> tuple[int, str, str]:
        folders = os.pathsep.join(str(tmp_path / name) for name in ("other", "site"))
        variables = {**os.environ, "PYTHONPATH": folders, **more}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    code, said, wrong = run()
    assert (code, said) == ((0, "runs\n") if fits else (1, ""))
    assert bool(wrong) != fits
    if not fits:
        essential = (
            r"packages of @pypi for the environment linux, which is for cpython 3\.1 \(cp31\),\nand it runs on cpython "
        )
        assert re.search(essential, wrong)
        assert wrong.count("error: ") == 1
    assert run(_WHEELHOUSE_PARENT="1") == (0, "runs\n", ""), "it was started by such a program, and may be any Python"


def test_what_a_program_starts_may_be_any_python(tmp_path: Path) -> None:
    module = (SITE / "sitecustomize.py").read_bytes()
    unpacked(tmp_path, {"sitecustomize.py": module, ".wheelhouse-python": f"version {HERE}\n".encode()})
    code = (
        "import subprocess, sys\n"
        f"open({str(tmp_path / '.wheelhouse-python')!r}, 'w').write('version 3.1\\n')\n"
        "sys.exit(subprocess.run([sys.executable, '-c', '']).returncode)"
    )
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- the test that keeps spec and lock together --------------------------------------------------------------------

MADE_FROM = {"inputs": {"files": dict.fromkeys(("spec.yaml", "../machines.yaml", "more/reqs.in"), "0" * 64)}}


@pytest.mark.parametrize(
    ("lock", "given", "missing"),
    [
        (json.dumps(MADE_FROM), ("ext/spec.yaml", "machines.yaml", "ext/more/reqs.in"), ""),
        (json.dumps(MADE_FROM), ("ext/spec.yaml", "machines.yaml"), "ext/more/reqs.in"),
        (json.dumps(MADE_FROM), ("ext/spec.yaml",), "machines.yaml, ext/more/reqs.in"),
        ("<<<<<<< HEAD", ("ext/spec.yaml",), ""),
        ("[]", ("ext/spec.yaml",), ""),
        (None, ("ext/spec.yaml",), ""),
    ],
)
def test_a_check_names_files_that_it_was_not_given(
    tmp_path: Path, lock: str | None, given: tuple[str, ...], missing: str
) -> None:
    shop = tmp_path / "shop"
    unpacked(shop, dict.fromkeys(given, b""))
    unpacked(tmp_path / "tool", {"wheelhouse.pyz": b"import sys; print(sys.argv[1:])"})
    if lock is not None:
        (shop / "ext/lock.json").write_text(lock, encoding="utf-8")
    text = (RULES / "resolver" / "launch.py").read_text(encoding="utf-8")
    for name, value in {
        "tool": "tool/wheelhouse.pyz", "main": "shop/ext/e.check.main.py", "spec": "shop/ext/spec.yaml",
        "lock": "ext/lock.json", "mode": "check",
    }.items():  # fmt: skip
        text = text.replace(f"{{{name}}}", value)
    main = shop / "ext/e.check.main.py"
    main.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-B", str(main)], capture_output=True, text=True, check=False)
    if missing:
        assert done.returncode == 1
        assert f"the lock was made from {missing}, which this test was not given" in done.stderr
        assert "`data` of wheelhouse_requirements" in done.stderr
    else:
        asked = ["resolve", "--check", "--spec", "ext/spec.yaml", "--lock", "ext/lock.json"]
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{asked}\n", "")


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the console script of a distribution that has ``points``."""

    def run(
        project: str,
        wanted: str,
        points: str,
        *arguments: str,
        python: str = sys.executable,
        files: Mapping[str, bytes] | None = None,
    ) -> tuple[int, str, str]:
        code = (
            b"import sys\ndef main():\n    print(sys.argv)\n    return 3\nclass Other:\n    main = staticmethod(main)\n"
        )
        wheel = wheel_with(tmp_path, "my_keel", {"keel.py": code, **(files or {})}, entry_points=points, record=True)
        run_installed(tmp_path, wheel)
        text = (RULES / "libraries" / "console_script.py").read_text(encoding="utf-8")
        main = tmp_path / "main.py"
        main.write_text(text.replace("{project}", project).replace("{script}", wanted), encoding="utf-8")
        variables = {**os.environ, "PYTHONPATH": str(tmp_path / "site-packages")}
        done = subprocess.run(
            [python, "-B", str(main), *arguments], env=variables, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return run


Runs = Callable[..., tuple[int, str, str]]
TWO = "[console_scripts]\nmy-keel = keel:main\nother = keel:Other.main\n[gui_scripts]\nwindow = keel:main\n"
ONE = "[console_scripts]\nother = keel:main [extra]\n"


@pytest.mark.parametrize(
    ("points", "wanted", "expected"),
    [(TWO, "", "my-keel"), (TWO, "other", "other"), (ONE, "", "other"), (ONE, "other", "other")],
)
def test_the_console_script_that_is_meant(script: Runs, points: str, wanted: str, expected: str) -> None:
    assert script("my-keel", wanted, points, "--flag", "a b") == (3, f"['{expected}', '--flag', 'a b']\n", "")


@pytest.mark.parametrize(
    ("points", "wanted", "said"),
    [
        (TWO, "window", "my-keel has no console script window; it has: my-keel, other."),
        (TWO.replace("my-keel", "third"), "", "has no console script of its own name; it has: other, third."),
        ("", "", "has no console script of its own name; it has: none."),
    ],
)
def test_no_console_script(script: Runs, points: str, wanted: str, said: str) -> None:
    code, printed, told = script("my-keel", wanted, points)
    assert (code, printed) == (1, "")
    assert told.startswith("error: my-keel has no console script")
    assert said in told
    assert "console_script(script = ...)" in told


PROGRAMS = {
    "my_keel-1.data/scripts/weigh.py": b"#!python\nimport sys, keel\nprint(sys.argv[1:], __name__)\nsys.exit(5)\n",
    "my_keel-1.data/scripts/weigh": b'#!/bin/sh\necho "$1" "$2"\nexit 6\n',
}
"""What a wheel brings for the folder of programs: Python and not."""


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("weigh.py", "weigh.py", (5, "['--flag', 'a b'] __main__\n", "")),
        ("weigh.py", "", (5, "['--flag', 'a b'] __main__\n", "")),
        ("weigh", "weigh", (6, "--flag a b\n", "")),
        ("weigh", "", (6, "--flag a b\n", "")),
    ],
)
def test_a_program_that_the_wheel_brings_is_a_script_of_it(
    script: Runs, name: str, wanted: str, expected: tuple[int, str, str]
) -> None:
    files = {path: content for path, content in PROGRAMS.items() if path.endswith(f"/{name}")}
    assert script("my-keel", wanted, "", "--flag", "a b", files=files) == expected


OTHER = {"my_keel-1.data/scripts/other": b"#!/bin/sh\nexit 9\n"}


def test_programs_and_entry_points_are_named_together(script: Runs) -> None:
    code, _, said = script("my-keel", "none", TWO, files={**PROGRAMS, **OTHER})
    assert (code, "it has: my-keel, other, weigh, weigh.py." in said) == (1, True)


def test_an_entry_point_comes_before_a_program_of_its_name(script: Runs) -> None:
    assert script("my-keel", "other", TWO, files=OTHER)[0] == 3


@pytest.mark.parametrize("python", PYTHONS)
def test_console_scripts_on_every_python(script: Runs, python: Path) -> None:
    assert script("my-keel", "", TWO, python=str(python)) == (3, "['my-keel']\n", "")
