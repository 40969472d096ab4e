"""Bundles as a user carries them: the commands as processes, killed at any moment, with the programs of OpenSSH."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from resolver.errors import BundleRefused
from resolver.transfer.switch import complete
from resolver.vendor.layout import MANIFEST, entry_of
from resolver.verify.tree import check_tree
from tests.support.archives import wheel
from tests.support.bundles import UPDATED, key, packed, tree_of, unpacked
from tests.support.desk import COMMAND, add, environment, furnish, listing, wheelhouse
from tests.support.machine import skip

KILLED = 9


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with two trees, before and after an update of beta, and their locks."""
    desk = furnish(tmp_path_factory.mktemp("desk") / "desk")
    for name in ("old", "new"):
        if name == "new":
            add(desk, "beta", "2.0")
        assert wheelhouse(desk, "resolve", *(["--update", "beta"] if name == "new" else [])).returncode == 0
        assert wheelhouse(desk, "vendor", name).returncode == 0
        shutil.copy(desk / "lock.json", desk / f"{name}.json")
    return desk


@pytest.fixture
def desk(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(furnished, tmp_path / "desk", symlinks=True))


def done(desk: Path, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None) -> str:
    """What a command says; it must end with ``code``."""
    found = wheelhouse(desk, *arguments, env=env)
    assert found.returncode == code, found.stdout + found.stderr
    return found.stdout + found.stderr


# --- the whole way --------------------------------------------------------------------------------------------------


def test_there_and_back(desk: Path) -> None:
    done(desk, "key", "new", "anna", "--comment", "anna@build")
    (desk / "trusted").write_text(wheelhouse(desk, "key", "show", "anna").stdout)
    said = done(desk, "pack", "old", "old.tar", "--sign", "anna", "--expires", "30d", "--stream", "prod")
    assert "old.tar: 23 files of 23, " in said
    assert "stream prod, serial " in said
    assert "(anna@build)" in done(desk, "unpack", "old.tar", "far", "--trusted-keys", "trusted")
    done(desk, "pack", "new", "delta.tar", "--since", "old.json", "--sign", "anna", "--stream", "prod")
    with tarfile.open(desk / "delta.tar") as archive:
        names = archive.getnames()
    assert [name for name in names if name.startswith("files/")] == [
        "files/beta-2.0-py3-none-any.whl",
        "files/beta-2.0-py3-none-any.whl.metadata",
    ]
    said = done(desk, "unpack", "delta.tar", "far", "--check")
    assert "nothing was changed; it would be far: 23 files" in said
    said = done(desk, "unpack", "delta.tar", "far")
    assert "  beta 1.5 → 2.0 (all environments)" in said
    assert said.rstrip().endswith("unpacking into far")
    assert "far: 23 files, " in said
    said = done(desk, "verify", "far", "--quiet")
    assert "from a bundle: stream prod" in said
    assert "far: 23 files checked, none wrong" in said
    for refused, why in (("old.tar", "older"), ("nothing.tar", None)):
        document = json.loads(wheelhouse(desk, "unpack", refused, "far", "--json").stdout)
        assert (document["error"], document.get("why")) == ("BundleRefused", why) if why else ("InputError", None)
    assert "has expired" not in done(desk, "unpack", "old.tar", "far", "--allow-older")


def test_a_signature_that_is_missing_is_no_matter_of_repair(desk: Path) -> None:
    done(desk, "key", "new", "anna")
    (desk / "trusted").write_text(wheelhouse(desk, "key", "show", "anna").stdout)
    said = done(desk, "verify", "old", "--trusted-keys", "trusted", code=1)
    assert "manifest.json: nobody has signed it, and signatures are asked for" in said
    assert "unpack a bundle that is signed by them" in said
    assert "repair" not in said


def test_documents_for_machines(desk: Path) -> None:
    packed = json.loads(wheelhouse(desk, "pack", "new", "b.tar", "--since", "old.json", "--json").stdout)
    assert (packed["files"], packed["of"], packed["serial"], packed["signed_by"]) == (6, 23, None, [])
    assert packed["sha256"] == entry_of((desk / "b.tar").read_bytes()).sha256
    shutil.copytree(desk / "old", desk / "far")
    unpacked = json.loads(wheelhouse(desk, "unpack", "b.tar", "far", "--json").stdout)
    assert unpacked["changed"] is True
    assert [pin["project"] for pin in unpacked["diff"]["pins"]] == ["beta"]
    (desk / "far/files/beta-2.0-py3-none-any.whl").unlink()
    repaired = json.loads(wheelhouse(desk, "repair", "far", "--from", "b.tar", "--json").stdout)
    assert [one["path"] for one in repaired["mended"]] == ["files/beta-2.0-py3-none-any.whl"]


def test_through_a_pipe(desk: Path) -> None:
    command = f"{' '.join(COMMAND)} pack old - | {' '.join(COMMAND)} unpack - far"
    shell = subprocess.run(["bash", "-ec", command], cwd=desk, env=environment(desk), capture_output=True, check=False)
    assert shell.returncode == 0, shell.stderr
    assert listing(desk / "far").items() >= listing(desk / "old").items()
    assert "leaves no room for --json" in done(desk, "pack", "old", "-", "--json", code=2)


def test_a_pipe_that_takes_no_whole_bundle_is_an_error(desk: Path) -> None:
    """Whoever reads a report may stop at any line; whoever reads a bundle has nothing without its end."""
    command = f"{' '.join(COMMAND)} pack old - | head -c 1000 > /dev/null; exit ${{PIPESTATUS[0]}}"
    shell = subprocess.run(["bash", "-c", command], cwd=desk, env=environment(desk), capture_output=True, check=False)
    assert shell.returncode == 4
    assert b"error: -: whoever reads the bundle stopped before its end\n" in shell.stderr


def test_repair_asks_the_indexes_of_the_lock(desk: Path) -> None:
    victim = desk / "new/files/beta-2.0-py3-none-any.whl"
    victim.write_bytes(victim.read_bytes()[::-1])
    assert "`wheelhouse repair new` mends it" in done(desk, "verify", "new", code=1)
    assert "new: 23 files checked, 1 of 1 mended" in done(desk, "repair", "new", "--lock", "new.json")
    done(desk, "verify", "new", "--quiet")
    victim.unlink()
    (desk / "wheels/beta-2.0-py3-none-any.whl").unlink()
    shutil.rmtree(desk / ".cache")
    said = done(desk, "repair", "new", "--lock", "new.json", code=1)
    assert "files/beta-2.0-py3-none-any.whl: beta-2.0-py3-none-any.whl is not in" in said
    done(desk, "repair", "new", "--from", "new", code=2)
    done(desk, "repair", "new", "--from", "nothing", code=2)
    done(desk, "repair", "wheels", code=2)


# --- two hosts ------------------------------------------------------------------------------------------------------


def test_two_packs_are_equal_whatever_the_host_is_set_to(desk: Path) -> None:
    shutil.copytree(desk / "new", desk / "copy", copy_function=shutil.copyfile)  # other times
    hosts = (
        ("new", 0o077, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        ("copy", 0o000, {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "HOME": "/nonexistent"}),
        ("copy", 0o022, {"SOURCE_DATE_EPOCH": "1900000000", "PYTHONUTF8": "0", "LANG": "en_US.ISO-8859-1"}),
    )
    done(desk, "key", "new", "anna")
    found: dict[str, set[bytes]] = {}
    for number, (tree, umask, more) in enumerate(hosts):
        for kind, options in {
            "whole": [],
            "delta": ["--since", "old.json"],
            "signed": ["--sign", "anna", "--serial", "7", "--expires", "2035-01-01"],
        }.items():
            out = desk / f"{kind}{number}.tar"
            env = environment(desk, {"SOURCE_DATE_EPOCH": "1900000000", **more} if kind == "signed" else more)
            shell = subprocess.run(
                [*COMMAND, "pack", tree, out.name, *options],
                cwd=desk,
                env=env,
                umask=umask,
                capture_output=True,
                check=False,
            )
            assert shell.returncode == 0, shell.stderr
            found.setdefault(kind, set()).add(out.read_bytes())
    assert {kind: len(bundles) for kind, bundles in found.items()} == {"whole": 1, "delta": 1, "signed": 1}


def test_what_is_dated_follows_the_clock_or_the_environment(desk: Path) -> None:
    done(desk, "key", "new", "anna")
    done(desk, "pack", "old", "b.tar", "--sign", "anna", "--expires", "1d", env={"SOURCE_DATE_EPOCH": "1000000000"})
    fingerprint = json.loads(wheelhouse(desk, "key", "show", "anna", "--json").stdout)["fingerprint"]
    document = json.loads(wheelhouse(desk, "unpack", "b.tar", "far", "--trust", fingerprint, "--json").stdout)
    assert document["why"] == "expired"
    assert "held until 2001-09-10T01:46:40Z" in document["message"]
    assert not (desk / "far").exists()
    done(desk, "unpack", "b.tar", "far", "--trust", fingerprint, "--allow-expired")
    assert "warning: that held until 2001-09-10T01:46:40Z" in done(desk, "verify", "far", "--quiet")


# --- volumes --------------------------------------------------------------------------------------------------------


def test_volumes_on_sticks(desk: Path) -> None:
    done(desk, "pack", "old", "whole.tar")
    third = (desk / "whole.tar").stat().st_size // 3 + 1
    said = done(desk, "pack", "old", "b.tar", "--volume-size", str(third + 1024))
    assert [line.strip() for line in said.splitlines() if line.startswith("  ")] == [
        "b.tar.001",
        "b.tar.002",
        "b.tar.003",
        "b.tar.sha256",
    ]
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "b.tar.sha256"], cwd=desk, check=True, capture_output=True)
    shell = subprocess.run("cat b.tar.0* | tar -tf -", shell=True, cwd=desk, check=True, capture_output=True, text=True)
    assert shell.stdout.splitlines()[:3] == ["bundle.json", "manifest.json", "lock.json"]
    (desk / "stick").mkdir()
    (desk / "b.tar.002").rename(desk / "stick/b.tar.002")
    assert "b.tar.002, a volume of the bundle, is not here" in done(desk, "unpack", "b.tar", "far", code=1)
    shutil.copy(desk / "b.tar.sha256", desk / "stick")
    content = bytearray((desk / "stick/b.tar.002").read_bytes())
    content[20000] ^= 4
    (desk / "stick/b.tar.002").write_bytes(content)
    volumes = ["b.tar.001", "stick/b.tar.002", "b.tar.003"]
    assert "damaged: stick/b.tar.002" in done(desk, "unpack", *volumes, "far", code=1)
    content[20000] ^= 4
    (desk / "stick/b.tar.002").write_bytes(content)
    done(desk, "unpack", *volumes, "far")


def test_a_bundle_that_fails_leaves_no_file(desk: Path) -> None:
    before = set(desk.iterdir())
    (desk / "old/files/beta-1.5-py3-none-any.whl").write_bytes(b"")
    assert "files/beta-1.5-py3-none-any.whl" in done(desk, "pack", "old", "b.tar", code=1)
    assert set(desk.iterdir()) == before
    for arguments in (["b.tar", "--expires", "yesterday"], ["b.tar", "--volume-size", "1"], ["nowhere/b.tar"]):
        done(desk, "pack", "new", *arguments, code=2)
    done(desk, "pack", "new", "b.tar", "--sign", "nothing", code=2)
    done(desk, "pack", "new", "b.tar", "--stream", "A B", code=2)
    assert set(desk.iterdir()) == before


def test_names_that_would_break_elsewhere_are_told_and_refused_on_demand(tmp_path: Path) -> None:
    desk = tree_of(tmp_path / "tree", {"nul-1.0-py3-none-any.whl": wheel("nul", "1.0")}).parent
    said = done(desk, "pack", "tree", "b.tar")
    assert "2 names would break on Windows, FAT or exFAT: simple/nul/index.html 'nul' is the name of a device" in said
    assert "simple/nul/index.json" in done(desk, "pack", "tree", "c.tar", "--portable", code=1)
    assert not (desk / "c.tar").exists()
    done(desk, "unpack", "b.tar", "far")  # this system takes them


def test_a_file_system_with_small_files_is_told_at_once(desk: Path) -> None:
    """As FAT32 does beyond 4 GiB; RLIMIT_FSIZE answers with the same EFBIG."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000));"
        "from resolver.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "pack", "old", "b.tar"]
    shell = subprocess.run(command, cwd=desk, env=environment(desk), capture_output=True, text=True, check=False)
    assert shell.returncode == 4
    assert "takes no file of that size: --volume-size 4G makes several" in shell.stderr
    assert not list(desk.glob("*b.tar*"))
    again = subprocess.run([*command, "--volume-size", "40k"], cwd=desk, env=environment(desk), check=False)
    assert again.returncode == 0


# --- OpenSSH --------------------------------------------------------------------------------------------------------


def ssh_keygen(desk: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    if shutil.which("ssh-keygen") is None:
        skip("ssh-keygen is not installed")
    return subprocess.run(["ssh-keygen", *arguments], cwd=desk, input=stdin, capture_output=True, check=False)


def test_openssh_reads_what_was_signed_and_signs_what_is_read(desk: Path) -> None:
    done(desk, "key", "new", "anna", "--comment", "anna@build")
    (desk / "trusted").write_text(wheelhouse(desk, "key", "show", "anna", "--stream", "prod").stdout)
    done(desk, "pack", "old", "b.tar", "--sign", "anna", "--stream", "prod")
    with tarfile.open(desk / "b.tar") as archive:
        for name in ("bundle.json", "bundle.json.sig"):
            member = archive.extractfile(name)
            assert member is not None
            (desk / name).write_bytes(member.read())
    statement = (desk / "bundle.json").read_bytes()
    verify = ["-Y", "verify", "-f", "trusted", "-I", "prod", "-n", "wheelhouse-bundle", "-s", "bundle.json.sig"]
    assert ssh_keygen(desk, *verify, stdin=statement).returncode == 0
    assert ssh_keygen(desk, *verify, stdin=statement + b" ").returncode != 0
    ours = (desk / "bundle.json.sig").read_bytes()
    (desk / "bundle.json.sig").unlink()
    assert ssh_keygen(desk, "-Y", "sign", "-f", "anna", "-n", "wheelhouse-bundle", "bundle.json").returncode == 0
    assert (desk / "bundle.json.sig").read_bytes() == ours
    fingerprint = json.loads(wheelhouse(desk, "key", "show", "anna", "--json").stdout)["fingerprint"]
    assert fingerprint.encode() in ssh_keygen(desk, "-l", "-f", "anna.pub").stdout
    assert ssh_keygen(desk, "-t", "ed25519", "-N", "", "-q", "-f", "theirs").returncode == 0
    done(desk, "pack", "old", "c.tar", "--sign", "theirs")
    assert ssh_keygen(desk, "-t", "ed25519", "-N", "secret", "-q", "-f", "locked").returncode == 0
    (desk / "secret").write_text("secret\n")
    assert "there is no terminal to ask for its passphrase" in done(
        desk, "pack", "old", "d.tar", "--sign", "locked", code=2
    )
    done(desk, "pack", "old", "d.tar", "--sign", "locked", "--passphrase-file", "secret")


@pytest.mark.parametrize("way", ["cryptography", "ssh-keygen", "nothing"])
def test_signatures_are_checked_by_what_the_machine_has(way: str, desk: Path) -> None:
    if way == "ssh-keygen":
        ssh_keygen(desk, "-l")  # or skip
    done(desk, "key", "new", "anna")
    (desk / "trusted").write_text(wheelhouse(desk, "key", "show", "anna").stdout)
    done(desk, "pack", "old", "b.tar", "--sign", "anna")
    (desk / "without").mkdir()
    (desk / "without/cryptography.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(desk / "without"), environment(desk)["PYTHONPATH"]])
    env = {} if way == "cryptography" else {"PYTHONPATH": path}
    if way == "nothing":
        env["PATH"] = str(desk / "without")
    unpack = ["unpack", "b.tar", "far", "--trusted-keys", "trusted"]
    if way == "nothing":
        assert "nothing on this machine can check a signature: pip install" in done(desk, *unpack, code=2, env=env)
        assert "made by an extra, which is not installed" in done(desk, "key", "new", "other", code=2, env=env)
        return
    bundle = (desk / "b.tar").read_bytes()
    (desk / "b.tar").write_bytes(bundle.replace(b'"stream": "default"', b'"stream": "defaulu"'))
    assert "is not of this statement: one was changed" in done(desk, *unpack, code=1, env=env)
    (desk / "b.tar").write_bytes(bundle)
    done(desk, *unpack, env=env)
    done(desk, "verify", "far", "--quiet", "--trusted-keys", "trusted", env=env)


# --- killed ---------------------------------------------------------------------------------------------------------


@contextmanager
def child() -> Iterator[bool]:
    """A process of its own; True in the child. The parent waits for it."""
    pid = os.fork()
    if pid:
        yield False
        os.waitpid(pid, 0)
        return
    try:
        yield True
    finally:
        os._exit(0)


def manifest_of(tree: Path) -> str | None:
    path = tree / MANIFEST
    return entry_of(path.read_bytes()).sha256 if path.exists() else None


def test_a_run_that_is_killed_at_any_step_leaves_the_old_tree_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of a name in turn is the last thing that a process does, without any cleaning up."""
    signer = key(tmp_path)
    old, new = tree_of(tmp_path / "old"), tree_of(tmp_path / "new", UPDATED)
    fingerprints = (signer.public.fingerprint,)
    unpacked(packed(old, signers=[signer], serial=1), tmp_path / "far", fingerprints=fingerprints)
    bundle = packed(new, signers=[signer], serial=2)
    wanted = {manifest_of(old), manifest_of(new)}
    seen: set[str | None] = set()
    step = 0
    while True:
        step += 1
        tree = Path(shutil.copytree(tmp_path / "far", tmp_path / f"far{step}"))
        with child() as is_child:
            if is_child:
                _die_at(step, monkeypatch)
                unpacked(bundle, tree)
                (tree / "finished").touch()
        finished = (tree / "finished").exists()
        if finished:
            (tree / "finished").unlink()
        complete(tree)
        assert check_tree(tree).faults == (), step
        seen.add(manifest_of(tree))
        unpacked(bundle, tree)
        assert manifest_of(tree) == manifest_of(new)
        assert check_tree(tree).faults == ()
        assert not (tree / ".received/incoming").exists()
        with pytest.raises(BundleRefused):
            unpacked(packed(old, signers=[signer], serial=1), tree)
        if finished:
            break
    assert step > 12, "every page, the lock, the record, the statement and the manifest"
    assert seen == wanted


def _die_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    done = 0

    def counted(name: str) -> None:
        whole = getattr(Path, name)

        def call(path: Path, *arguments: object, **more: object) -> object:
            nonlocal done
            done += 1
            if done == step:
                os._exit(KILLED)
            return whole(path, *arguments, **more)

        monkeypatch.setattr(Path, name, call)

    for name in ("replace", "unlink", "rmdir"):
        counted(name)


def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    """The command itself, on a tree that takes it some time; what is there then proves itself, and a rerun goes on."""
    rng = random.Random(7)
    many = {f"part{n}-1.0-py3-none-any.whl": wheel(f"part{n}", "1.0", padding=200_000) for n in range(40)}
    old = tree_of(tmp_path / "old", many)
    newer = {name.replace("-1.0-", "-2.0-"): wheel(name.partition("-")[0], "2.0", padding=200_000) for name in many}
    new = tree_of(tmp_path / "new", newer)
    for tree in (old, new):
        (tmp_path / f"{tree.name}.tar").write_bytes(packed(tree))
    far = Path(shutil.copytree(old, tmp_path / "far"))
    command = [*COMMAND, "unpack", str(tmp_path / "new.tar"), str(far)]
    killed = 0
    started = time.monotonic()
    subprocess.run([*command, "--check"], env=environment(tmp_path), check=True, capture_output=True)
    whole = time.monotonic() - started
    for _ in range(8):
        process = subprocess.Popen(
            command, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(whole * rng.uniform(0.4, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        assert manifest_of(far) in {manifest_of(old), manifest_of(new)}
        complete(far)
        assert check_tree(far).faults == ()
        if manifest_of(far) == manifest_of(new):
            if killed:
                break
            shutil.rmtree(far)  # it was done before the kill: once more, and sooner
            shutil.copytree(old, far)
            whole /= 2
    assert killed, "the machine was too fast to be interrupted"
    subprocess.run(command, env=environment(tmp_path), check=True, capture_output=True)
    assert manifest_of(far) == manifest_of(new)
    assert not list(far.glob(".received/incoming"))


def test_sigterm_leaves_the_tree_as_it_was(desk: Path) -> None:
    command = [*COMMAND, "unpack", "-", "far"]
    process = subprocess.Popen(command, cwd=desk, env=environment(desk), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(packed(desk / "old")[:60_000])  # up to the middle of server.py
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while not list(desk.glob("far/.received/incoming/files/*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 143
    assert b"nothing is half written" in said
    assert not (desk / "far/manifest.json").exists()
