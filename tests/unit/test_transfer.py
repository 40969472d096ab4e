"""Trees through bundles: what arrives is what was sent, and each attack of the textbook has a refusal of its own."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import sys
import tarfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from resolver.bundle.keys import Signer
from resolver.bundle.statement import Statement, parse
from resolver.errors import BundleRefused, CheckFailed, InputError, LockError, StorageError
from resolver.lock.codec import dumps
from resolver.server.layout import RECORD as UPLOAD_RECORD
from resolver.transfer.donors import donor
from resolver.transfer.record import RECORD, read_record
from resolver.transfer.repair import repair
from resolver.transfer.switch import complete
from resolver.vendor.exclusive import writing
from resolver.vendor.layout import MANIFEST, entry_of, parse_manifest
from resolver.vendor.views import BAZEL
from resolver.verify.tree import check_tree
from tests.support.artifacts import FILES, HARBOR, KEEL, lock_of, vendored
from tests.support.bundles import NEWER, NOW, UPDATED, key, members, packed, spelt, strange, tree_of, trusting, unpacked

DAY = timedelta(days=1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tree_of(tmp_path / "tree")


@pytest.fixture
def updated(tmp_path: Path) -> Path:
    return tree_of(tmp_path / "updated", UPDATED)


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """Where bundles are unpacked; nothing is there yet."""
    return tmp_path / "far"


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return key(tmp_path, comment="anna@build")


def content(tree: Path) -> dict[str, bytes]:
    """Every file of a tree, but what bundles leave there for themselves."""
    found = (path for path in tree.rglob("*") if path.is_file() and ".received" not in path.parts)
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in found}


def everything(tree: Path) -> dict[str, bytes]:
    """Every file below a folder, whatever it is."""
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def refused(bundle: bytes, far: Path, now: datetime = NOW, **terms: Any) -> tuple[str, str]:
    """Why a bundle is refused, and in which words; nothing has changed by then."""
    before = everything(far) if far.exists() else None
    with pytest.raises(BundleRefused) as caught:
        unpacked(bundle, far, now, **terms)
    assert (everything(far) if far.exists() else None) == before
    return caught.value.why, str(caught.value)


# --- what arrives ---------------------------------------------------------------------------------------------------


def test_what_arrives_is_what_was_sent(tree: Path, far: Path) -> None:
    done = unpacked(packed(tree), far)
    assert content(far) == content(tree)
    assert len(done.written) == done.files + 1
    assert (done.removed, done.old) == ((), None)
    assert check_tree(far).faults == ()
    assert check_tree(far).strangers == ()


def test_a_bundle_that_is_there_already_changes_nothing(tree: Path, far: Path) -> None:
    bundle = packed(tree)
    unpacked(bundle, far)
    before = {path: path.lstat().st_mtime_ns for path in far.rglob("*")}
    done = unpacked(bundle, far)
    assert (done.written, done.removed) == ((), ())
    assert {path: path.lstat().st_mtime_ns for path in far.rglob("*")} == before


def test_check_changes_nothing(tree: Path, updated: Path, far: Path) -> None:
    done = unpacked(packed(tree), far, check=True)
    assert len(done.written) == done.files + 1
    assert not far.exists()
    unpacked(packed(tree), far)
    before = everything(far)
    done = unpacked(packed(updated), far, check=True)
    assert f"files/{NEWER}" in done.written
    assert f"files/{HARBOR}" in done.removed
    assert everything(far) == before


def test_an_update_takes_away_what_is_no_longer_named_and_nothing_else(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree), far)
    (far / "uploads").mkdir()
    (far / "uploads/private-1.0-py3-none-any.whl").write_bytes(b"mine")
    (far / "files/notes.txt").write_text("mine too")
    done = unpacked(packed(updated), far)
    assert {f"files/{HARBOR}", f"files/{HARBOR}.metadata"} <= set(done.removed)
    mine = {"uploads/private-1.0-py3-none-any.whl": b"mine", "uploads/.lock": b"", "files/notes.txt": b"mine too"}
    assert content(far) == {**content(updated), **mine}


def test_a_delta_is_the_package_its_pages_and_what_names_them(tree: Path, updated: Path, far: Path) -> None:
    delta = packed(updated, since=FILES)
    assert list(members(delta)) == [
        "bundle.json",
        "manifest.json",
        "lock.json",
        f"files/{NEWER}",
        f"files/{NEWER}.metadata",
        "server.py",
        "simple/harbor/index.html",
        "simple/harbor/index.json",
    ]
    unpacked(packed(tree), far)
    unpacked(delta, far)
    assert content(far) == content(updated)


def test_a_new_project_changes_the_list_of_projects(tmp_path: Path, tree: Path, far: Path) -> None:
    less = {name: data for name, data in FILES.items() if name != HARBOR}
    names = set(members(packed(tree, since=less)))
    assert {"simple/index.html", "simple/index.json", f"files/{HARBOR}"} <= names
    assert not {f"files/{KEEL}", "simple/keel/index.html"} & names
    unpacked(packed(tree_of(tmp_path / "less", less)), far)
    unpacked(packed(tree, since=less), far)
    assert content(far) == content(tree)


def test_a_tree_that_was_vendored_here_takes_bundles_too(tree: Path, updated: Path) -> None:
    unpacked(packed(updated, since=FILES), tree)
    assert content(tree) == content(updated)


def test_views_are_kept_up_to_date(tree: Path, updated: Path, far: Path) -> None:
    vendored(far, views=[BAZEL])
    unpacked(packed(updated, since=FILES), far)
    links = {path.read_bytes() for path in (far / "views/bazel").rglob("file")}
    assert links == set(UPDATED.values())


def test_vendoring_again_after_a_bundle_is_seen(tree: Path, far: Path, signer: Signer) -> None:
    unpacked(packed(tree, signers=[signer]), far, trusted=trusting(signer))
    assert check_tree(far).faults == ()
    vendored(far, UPDATED)
    assert "is not the manifest that the bundle stated" in {f.path: f.reason for f in check_tree(far).faults}[MANIFEST]


def test_a_tree_that_only_tar_unpacked_is_proved_with_its_signature(tree: Path, far: Path, signer: Signer) -> None:
    for name, data in members(packed(tree, signers=[signer])).items():
        (far / name).parent.mkdir(parents=True, exist_ok=True)
        (far / name).write_bytes(data)
    found = check_tree(far, trusted=trusting(signer))
    assert (found.faults, found.strangers) == ((), ())
    assert found.vouched is not None
    assert [one.comment for one in found.vouched.trusted] == ["anna@build"]


# --- the bytes of a bundle ------------------------------------------------------------------------------------------


def test_two_packs_are_equal_whatever_the_tree_s_files_are_like_on_the_disk(tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for name, data in sorted(content(tree).items(), reverse=True):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(data)
        (other / name).chmod(0o600)
        os.utime(other / name, (10**9, 10**9))
    (other / "files/notes.txt").write_text("not named, not packed")
    (other / "uploads").mkdir()
    (other / "uploads/private.whl").write_bytes(b"")
    assert packed(other) == packed(tree)
    assert packed(other, since=UPDATED) == packed(tree, since=UPDATED)


def test_the_same_keys_and_times_sign_the_same_bytes(tree: Path, signer: Signer) -> None:
    label: dict[str, Any] = {"serial": 7, "created": NOW, "expires": NOW + DAY}
    assert packed(tree, signers=[signer], **label) == packed(tree, signers=[signer], **label)


def test_a_damaged_tree_is_not_packed_and_all_faults_are_named(tree: Path) -> None:
    for name in (f"files/{KEEL}", "simple/index.html"):
        (tree / name).write_bytes((tree / name).read_bytes()[:-1] + b"?")
    (tree / f"files/{HARBOR}").unlink()
    (tree / f"files/{HARBOR}").symlink_to(tree / f"files/{KEEL}")
    with pytest.raises(CheckFailed) as caught:
        packed(tree)
    assert [line.strip() for line in str(caught.value).splitlines()[1:-1]] == [
        f"files/{HARBOR}",
        f"files/{KEEL}",
        "simple/index.html",
    ]


def test_a_folder_in_place_of_a_file_is_not_packed(tree: Path) -> None:
    (tree / "simple/keel/index.html").unlink()
    (tree / "simple/keel/index.html").mkdir()
    with pytest.raises(CheckFailed, match=r"nothing was packed:\n  simple/keel/index.html\n"):
        packed(tree)


def test_a_damaged_manifest_is_not_packed(tree: Path) -> None:
    text = (tree / MANIFEST).read_text()
    (tree / MANIFEST).write_text(text.replace('"size": ', '"size":  ', 1))
    with pytest.raises(CheckFailed, match="is not as it was written"):
        packed(tree)


def test_what_is_no_tree_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no vendored tree"):
        packed(tmp_path)


# --- rollback -------------------------------------------------------------------------------------------------------


def test_a_lower_serial_is_refused_unless_it_is_meant(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(updated, serial=8), far)
    why, said = refused(packed(tree, serial=7), far)
    assert why == "older"
    assert "its serial is 7, and the tree has taken serial 8" in said
    assert refused(packed(tree), far)[0] == "older", "a bundle without a number"
    unpacked(packed(tree, serial=7), far, allow_older=True)
    assert content(far) == content(tree)
    assert refused(packed(tree, serial=6), far)[0] == "older", "what was seen is not forgotten"
    unpacked(packed(updated, serial=8), far)


def test_two_bundles_of_one_number_are_refused(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree, serial=7), far)
    why, said = refused(packed(updated, serial=7), far)
    assert (why, "another one with that" in said) == ("serial", True)
    unpacked(packed(tree, serial=7, stream="default"), far)
    unpacked(packed(tree, since=UPDATED, serial=7), far)  # the same tree, as a delta


def test_without_numbers_the_locks_tell_which_is_older(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree), far)
    unpacked(packed(updated), far)
    why, said = refused(packed(tree), far)
    assert (why, "older than what is here" in said) == ("older", True)
    unpacked(packed(tree), far, allow_older=True)
    assert content(far) == content(tree)


def test_a_tree_that_was_vendored_here_is_not_rolled_back_either(tree: Path, updated: Path) -> None:
    assert refused(packed(tree, serial=7), updated)[0] == "older"


# --- freeze ---------------------------------------------------------------------------------------------------------


def test_what_has_expired_is_refused_unless_it_is_meant(tree: Path, far: Path) -> None:
    bundle = packed(tree, serial=1, created=NOW, expires=NOW + 30 * DAY)
    why, said = refused(bundle, far, NOW + 30 * DAY)
    assert why == "expired"
    assert "held until 2030-05-31T12:00:00Z, and here it is 2030-05-31T12:00:00Z" in said
    unpacked(bundle, far, NOW + 29 * DAY)
    assert refused(bundle, far, NOW + 31 * DAY)[0] == "expired"
    unpacked(bundle, far, NOW + 31 * DAY, allow_expired=True)


def test_a_clock_that_is_behind_is_told(tree: Path, far: Path) -> None:
    bundle = packed(tree, serial=1, created=NOW)
    assert refused(bundle, far, NOW - 2 * DAY)[0] == "clock"
    unpacked(bundle, far, NOW - 0.5 * DAY)


# --- whose it is ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_where_files_are_staged_is_removed(tree: Path, far: Path) -> None:
    """`shutil.rmtree` opens it, and waits for somebody to write: so it is done in a thread that nobody waits for."""
    unpacked(packed(tree), far)
    os.mkfifo(far / ".received/incoming")
    worker = threading.Thread(target=unpacked, args=(packed(tree), far), daemon=True)
    worker.start()
    worker.join(30)
    assert not worker.is_alive()
    assert not (far / ".received/incoming").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_place_of_the_lock_is_not_read(tree: Path) -> None:
    (tree / "lock.json").unlink()
    os.mkfifo(tree / "lock.json")
    with pytest.raises(LockError, match=r"lock\.json: cannot be read: is no regular file; .*`wheelhouse repair"):
        packed(tree, since=FILES)


def test_signed_and_trusted(tree: Path, far: Path, signer: Signer) -> None:
    done = unpacked(packed(tree, signers=[signer]), far, trusted=trusting(signer))
    assert [one.comment for one in done.accepted.signers] == ["anna@build"]
    found = check_tree(far)
    assert found.faults == ()
    assert found.vouched is not None
    assert found.vouched.signers == (signer.public,)


def test_signed_and_nobody_said_whom_to_trust(tree: Path, far: Path, signer: Signer) -> None:
    bundle = packed(tree, signers=[signer])
    why, said = refused(bundle, far)
    assert why == "untrusted"
    assert f"--trust {signer.public.fingerprint}" in said
    why, said = refused(bundle, far, fingerprints=("SHA256:other",))
    assert (why, said.endswith(", and by no key that --trust names: SHA256:other")) == ("untrusted", True)
    unpacked(bundle, far, fingerprints=(signer.public.fingerprint,))
    unpacked(bundle, far)  # which is remembered


def test_who_takes_signed_bundles_takes_no_others(tree: Path, updated: Path, far: Path, signer: Signer) -> None:
    assert refused(packed(tree), far, trusted=trusting(signer))[0] == "unsigned"
    unpacked(packed(tree, signers=[signer]), far, trusted=trusting(signer))
    assert refused(packed(updated), far)[0] == "unsigned"


@pytest.mark.parametrize("terms", [{"fingerprints": ("SHA256:any",)}, {"threshold": 1}])
def test_who_says_whose_signature_counts_takes_no_bundle_without_one(
    tree: Path, far: Path, terms: dict[str, Any]
) -> None:
    """A fingerprint names a key that is not here: it comes with the signature, which somebody may take away."""
    why, said = refused(packed(tree), far, **terms)
    assert (why, "somebody took the signature away" in said) == ("unsigned", True)
    assert not far.exists()


def test_another_s_signature_does_not_count(tree: Path, far: Path, signer: Signer, tmp_path: Path) -> None:
    mallory = key(tmp_path, "mallory")
    why, said = refused(packed(tree, signers=[mallory]), far, trusted=trusting(signer))
    assert why == "untrusted"
    assert mallory.public.fingerprint in said
    assert "anna@build" in said
    unpacked(packed(tree, signers=[mallory, signer]), far, trusted=trusting(signer))


def test_a_key_signs_the_streams_that_it_may(tree: Path, far: Path, signer: Signer) -> None:
    trusted = trusting(signer, streams="dev-*")
    assert refused(packed(tree, signers=[signer], stream="prod"), far, trusted=trusted)[0] == "untrusted"
    unpacked(packed(tree, signers=[signer], stream="dev-2"), far, trusted=trusted)


def test_keys_are_rotated_by_a_new_list(tree: Path, updated: Path, far: Path, signer: Signer, tmp_path: Path) -> None:
    new = key(tmp_path, "new")
    unpacked(packed(tree, signers=[signer], serial=1), far, trusted=trusting(signer))
    assert refused(packed(updated, signers=[new], serial=2), far)[0] == "untrusted"
    unpacked(packed(updated, signers=[new], serial=2), far, trusted=trusting(new))
    assert refused(packed(updated, signers=[signer], serial=3), far)[0] == "untrusted"


def test_two_of_three_have_to_sign(tree: Path, far: Path, tmp_path: Path) -> None:
    a, b, c = (key(tmp_path, name) for name in "abc")
    terms: dict[str, Any] = {"trusted": trusting(a, b, c), "threshold": 2}
    why, said = refused(packed(tree, signers=[a]), far, **terms)
    assert (why, "has 1 of the 2 signatures" in said) == ("untrusted", True)
    assert refused(packed(tree, signers=[a, a]), far, **terms)[0] == "untrusted"
    unpacked(packed(tree, signers=[a, c]), far, **terms)
    assert refused(packed(tree, signers=[b]), far)[0] == "untrusted", "the number is remembered"


def test_what_a_tree_remembers_is_not_lost_by_damage(tree: Path, far: Path, signer: Signer) -> None:
    bundle = packed(tree, signers=[signer], serial=5)
    unpacked(bundle, far, trusted=trusting(signer))
    record = far / ".received/record.json"
    for old, new in (('"serial": 5', '"serial": 4'), ("ssh-ed25519", "ssh-ed25518"), ("{", "[")):
        whole = record.read_text()
        record.write_text(whole.replace(old, new, 1))
        with pytest.raises(InputError, match="what the tree knows of its bundles is damaged"):
            unpacked(bundle, far)
        assert ".received/record.json" in {fault.path for fault in check_tree(far).faults}
        record.write_text(whole)


# --- mix and match --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [{"keys": (1,)}, {"serial": "7"}, {"threshold": None}, {"stream": 3}, {"manifest": []}]
)
def test_a_record_that_nobody_would_write_is_told(more: dict[str, Any], tree: Path, far: Path) -> None:
    unpacked(packed(tree), far)
    record = read_record(far)
    assert record is not None
    (far / RECORD).write_bytes(replace(record, **more).dump())
    with pytest.raises(InputError, match="what the tree knows of its bundles is damaged"):
        unpacked(packed(tree), far)
    assert [fault.path for fault in check_tree(far).faults] == [RECORD]


def test_another_stream_is_not_mixed_in(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree, stream="prod"), far)
    why, said = refused(packed(updated, stream="dev"), far)
    assert (why, "of the stream 'dev', not of 'prod'" in said) == ("stream", True)
    assert refused(packed(updated, stream="dev"), far, stream="test")[0] == "stream"
    unpacked(packed(updated, stream="dev"), far, stream="dev")
    assert refused(packed(tree, stream="prod"), far)[0] == "stream"


def test_numbers_of_another_stream_say_nothing(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree, stream="prod", serial=900), far)
    unpacked(packed(updated, stream="dev", serial=3), far, stream="dev")
    assert refused(packed(tree, stream="dev", serial=2), far)[0] == "older"
    unpacked(packed(updated, stream="dev", serial=4), far)
    assert refused(packed(tree, stream="prod", serial=901), far, stream="prod")[0] == "older"  # its lock is


def test_a_delta_needs_its_base(tree: Path, updated: Path, far: Path, tmp_path: Path) -> None:
    delta = packed(updated, since=FILES)
    why, said = refused(delta, far)
    assert why == "base"
    assert f"files/{KEEL} is missing" in said
    assert "it has no lock.json" in said
    other = tree_of(tmp_path / "other", {KEEL: FILES[KEEL]})
    why, said = refused(delta, other)
    assert f"files/{KEEL} " not in said
    assert "simple/index.html has other bytes" in said
    unpacked(packed(tree), far)
    (far / f"files/{KEEL}").write_bytes(b"")
    assert f"files/{KEEL} has other bytes" in refused(delta, far)[1]


def test_parts_of_two_bundles_do_not_fit(tree: Path, updated: Path, far: Path, signer: Signer) -> None:
    one, two = (members(packed(which, signers=[signer], serial=1)) for which in (tree, updated))
    for name, why in {
        "bundle.json": "tampered",
        "bundle.json.sig": "signature",
        "manifest.json": "tampered",
        "lock.json": "tampered",
    }.items():
        mixed = spelt([(path, two[name] if path == name else data) for path, data in one.items()])
        assert refused(mixed, far, trusted=trusting(signer))[0] == why, name


# --- tampering ------------------------------------------------------------------------------------------------------


def test_one_bit_anywhere_is_refused(tree: Path, far: Path, signer: Signer) -> None:
    bundle = packed(tree, signers=[signer])
    for place in range(0, len(bundle), 997):
        changed = bytearray(bundle)
        changed[place] ^= 1 << place % 8
        why, _ = refused(bytes(changed), far, trusted=trusting(signer))
        assert why in {"malformed", "tampered", "signature", "incomplete", "untrusted"}
        assert not far.exists()


def edited(bundle: bytes, edit: Callable[[Any], object]) -> bytes:
    """A bundle whose manifest was edited, with a statement that agrees."""
    files = members(bundle)
    manifest = json.loads(files[MANIFEST])
    edit(manifest)
    spelling = parse_manifest(json.dumps(manifest).encode()).dump()
    return restated({**files, MANIFEST: spelling})


def restated(held: Mapping[str, bytes], **changes: object) -> bytes:
    """These files, with a statement about them."""
    old = parse(held["bundle.json"])
    facts = {name: getattr(old, name) for name in Statement.__dataclass_fields__}
    facts |= {"manifest": entry_of(held[MANIFEST]), **changes}
    return spelt([*{**held, "bundle.json": Statement(**facts).dump()}.items()])


ROW = {"sha256": "0" * 64, "size": 1}


@pytest.mark.parametrize(
    "path",
    [
        "files/../../evil",
        "../evil",
        "/etc/passwd",
        "files",
        "files/a/b",
        "files/.hidden",
        "evil.py",
        "uploads/private-1.0.tar.gz",
        "views/bazel/x",
        ".received/record.json",
        "manifest.json",
        "bundle.json",
        "simple/a/b/c",
        "simple//x",
        "files/a\nb",
        "files/a\u202eb",
    ],
)
def test_a_manifest_names_nothing_but_the_parts_of_a_tree(path: str, tree: Path, far: Path) -> None:
    def edit(manifest: Any) -> None:
        manifest["files"][path] = ROW

    files = members(packed(tree))
    manifest = json.loads(files[MANIFEST])
    manifest["files"][path] = ROW
    try:
        bundle = edited(packed(tree), edit)
    except ValueError:  # what no manifest may name at all
        bundle = restated({**files, MANIFEST: json.dumps(manifest).encode()})
    assert refused(bundle, far)[0] == "malformed"


def test_names_that_some_disk_would_merge_are_refused(tree: Path, far: Path) -> None:
    bundle = edited(packed(tree), lambda manifest: manifest["files"].update({f"files/{KEEL.upper()}": ROW}))
    why, said = refused(bundle, far)
    assert (why, "one file where names have no case" in said) == ("names", True)
    long = edited(packed(tree), lambda manifest: manifest["files"].update({f"files/{'x' * 256}": ROW}))
    assert refused(long, far)[0] == "names"


def test_a_file_that_the_manifest_does_not_name_is_refused(tree: Path, far: Path) -> None:
    files = members(packed(tree))
    for name, said in (("simple/zzz/index.html", "does not name it"), ("zz/../../evil", "leads out of the tree")):
        assert said in refused(spelt([*files.items(), (name, b"evil")]), far)[1]


def test_files_twice_or_out_of_turn_are_refused(tree: Path, far: Path) -> None:
    files = list(members(packed(tree)).items())
    for order in ([*files, files[-1]], [*files[:-2], files[-1], files[-2]], [*files[:4], files[2], *files[4:]]):
        assert "comes twice, or not in its turn" in refused(spelt(order), far)[1]
    for order in (files[1:], [files[1], files[0], *files[2:]], [files[0], files[2], files[1], *files[3:]], []):
        assert refused(spelt(order), far)[0] == "malformed"


def test_a_file_that_is_missing_or_of_another_size_is_refused(tree: Path, far: Path) -> None:
    files = members(packed(tree))
    assert refused(spelt([*files.items()][:-1]), far)[0] == "malformed"
    name = f"files/{KEEL}"
    assert refused(spelt([*{**files, name: files[name] + b"x"}.items()]), far)[0] == "tampered"
    assert refused(spelt([*{**files, name: files[name][::-1]}.items()]), far)[0] == "tampered"
    del files[name]
    assert refused(spelt([*files.items()]), far)[0] == "malformed"
    total = sum(len(files[path]) for path in files if path not in {"bundle.json", MANIFEST})
    assert f"does not hold {name}" in refused(restated(files, files=len(files) - 2, size=total), far)[1]


def test_a_bomb_is_refused_before_it_is_read(tree: Path, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = members(packed(tree))
    huge = spelt([*files.items()][:1]).replace(bytes(1024), b"")
    info = tarfile.TarInfo("manifest.json")
    info.size, info.mtime = 1 << 40, 315532800
    assert "larger than any may be" in refused(huge + info.tobuf(tarfile.PAX_FORMAT), far)[1]
    full = type("Usage", (), {"free": 100})
    monkeypatch.setattr("resolver.transfer.unpack.shutil.disk_usage", lambda path: full)
    with pytest.raises(StorageError, match="has room for 100 B, and the bundle needs"):
        unpacked(packed(tree), far)
    assert not far.exists()


def test_a_link_in_a_bundle_is_refused(tree: Path, far: Path) -> None:
    def link(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc", 0

    assert "is a link" in refused(strange(packed(tree), link), far)[1]


# --- the place ------------------------------------------------------------------------------------------------------


def test_another_s_folder_is_not_touched(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/letter.txt").write_text("dear")
    for place in (tmp_path / "home", tmp_path / "home/letter.txt"):
        with pytest.raises(InputError, match="name a"):
            unpacked(packed(tree), place)
    assert everything(tmp_path / "home") == {"letter.txt": b"dear"}


@pytest.mark.parametrize("name", ["files", "simple", ".received"])
def test_a_tree_that_leads_out_of_itself_is_not_written(name: str, tree: Path, far: Path, tmp_path: Path) -> None:
    unpacked(packed(tree), far)
    (far / name).rename(tmp_path / "elsewhere")
    (far / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        unpacked(packed(tree), far)


def test_what_is_in_the_way_is_named_before_anything_moves(tree: Path, updated: Path, far: Path) -> None:
    unpacked(packed(tree), far)
    (far / f"files/{NEWER}").mkdir()
    before = content(far)
    with pytest.raises(InputError, match="is in the way: it has to be a file"):
        unpacked(packed(updated), far)
    assert content(far) == before
    (far / f"files/{NEWER}").rmdir()
    unpacked(packed(updated), far)


def test_a_link_is_replaced_and_not_followed(tree: Path, far: Path, tmp_path: Path) -> None:
    unpacked(packed(tree), far)
    (tmp_path / "precious").write_text("precious")
    (far / f"files/{KEEL}").unlink()
    (far / f"files/{KEEL}").symlink_to(tmp_path / "precious")
    unpacked(packed(tree), far)
    assert (tmp_path / "precious").read_text() == "precious"
    assert (far / f"files/{KEEL}").read_bytes() == FILES[KEEL]
    assert not (far / f"files/{KEEL}").is_symlink()


def test_a_link_where_files_wait_is_not_followed(tree: Path, updated: Path, far: Path, tmp_path: Path) -> None:
    unpacked(packed(tree), far)
    (tmp_path / "letter.txt").write_text("dear")
    (far / ".received/incoming").mkdir()
    (far / ".received/incoming/lock.json").symlink_to(tmp_path / "letter.txt")
    unpacked(packed(updated), far)
    assert (tmp_path / "letter.txt").read_text() == "dear"
    assert content(far) == content(updated)
    assert check_tree(far).faults == ()
    (tmp_path / "elsewhere").mkdir()
    (far / ".received/incoming").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        unpacked(packed(tree), far, allow_older=True)
    assert everything(tmp_path / "elsewhere") == {}


def test_a_folder_that_is_a_link_is_not_written_through(tree: Path, updated: Path, far: Path, tmp_path: Path) -> None:
    unpacked(packed(tree, signers=[], serial=1), far)
    [kept] = [path for path in (far / ".received").iterdir() if path.is_dir()]
    (tmp_path / "elsewhere").mkdir()
    bundle = packed(updated, serial=2)
    unpacked(bundle, tmp_path / "probe")
    [new] = [path for path in (tmp_path / "probe/.received").iterdir() if path.is_dir()]
    (far / ".received" / new.name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        unpacked(bundle, far)
    assert everything(tmp_path / "elsewhere") == {}
    assert kept.is_dir()


@pytest.mark.parametrize(
    "name", ["views", "views/bazel", "views/bazel/content_addressable", "views/bazel/content_addressable/sha256"]
)
def test_a_view_that_leads_out_of_the_tree_is_not_written(
    name: str, tree: Path, updated: Path, far: Path, tmp_path: Path
) -> None:
    unpacked(packed(tree), far)
    (tmp_path / "elsewhere/bazel").mkdir(parents=True)
    (far / name).parent.mkdir(parents=True, exist_ok=True)
    (far / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        unpacked(packed(updated), far)
    assert everything(tmp_path / "elsewhere") == {}


def test_an_entry_of_a_view_that_leads_out_of_the_tree_is_replaced(
    tree: Path, updated: Path, far: Path, tmp_path: Path
) -> None:
    unpacked(packed(tree), far)
    (tmp_path / "elsewhere").mkdir()
    entry = far / f"views/bazel/content_addressable/sha256/{entry_of(UPDATED[NEWER]).sha256}"
    entry.parent.mkdir(parents=True)
    entry.symlink_to(tmp_path / "elsewhere")
    unpacked(packed(updated), far)
    assert everything(tmp_path / "elsewhere") == {}
    assert (entry / "file").read_bytes() == UPDATED[NEWER]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
@pytest.mark.parametrize("bring", ["vendor", "unpack", "repair"])
def test_what_arrives_is_for_all_to_read(bring: str, tree: Path, updated: Path, far: Path) -> None:
    """Pages of new projects too, in a tree that others read already: whoever serves it is another user."""
    vendored(far, views=[BAZEL])
    shutil.rmtree(far / "simple")
    bundle = packed(updated)
    before = os.umask(0o077)
    try:
        if bring == "vendor":
            vendored(far, UPDATED)
        elif bring == "unpack":
            unpacked(bundle, far)
        else:
            repair(far, [donor(tree)])
    finally:
        os.umask(before)
    found = {path.relative_to(far): path for path in far.rglob("*")}
    seen = [path for name, path in found.items() if name.parts[0] != ".received"]
    assert {path.stat().st_mode & 0o777 for path in found.values() if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in seen if path.is_dir()} == {0o755}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_tree_that_a_group_shares_stays_shared(far: Path) -> None:
    """As on file systems that count quotas by group: new folders are of the group, whose members write there too."""
    far.mkdir()
    far.chmod(0o2775)
    before = os.umask(0o002)
    try:
        vendored(far)
    finally:
        os.umask(before)
    expected = stat.S_IMODE(far.stat().st_mode)
    assert {stat.S_IMODE(path.stat().st_mode) for path in far.rglob("*") if path.is_dir()} == {expected}


def test_a_bundle_brings_no_project_that_was_uploaded(tree: Path, updated: Path, far: Path, tmp_path: Path) -> None:
    less = {name: data for name, data in FILES.items() if name != HARBOR}
    unpacked(packed(tree_of(tmp_path / "less", less)), far)
    uploaded = far / "uploads/files/harbor/1" / UPLOAD_RECORD
    uploaded.parent.mkdir(parents=True)
    uploaded.write_text("{}")
    before = content(far)
    with pytest.raises(InputError, match=r"the lock names what was uploaded to .*: harbor"):
        unpacked(packed(updated), far)
    assert content(far) == before


# --- a step that was carried with the tree --------------------------------------------------------------------------


def journal(tree: Path, **more: object) -> None:
    """A step that would end now, as somebody else has written it."""
    manifest = entry_of((tree / MANIFEST).read_bytes()).sha256
    step = {"before": manifest, "after": manifest, "moves": [], "gone": {}, "folders": [], **more}
    (tree / ".received/incoming").mkdir(parents=True, exist_ok=True)
    (tree / ".received/switch.json").write_text(json.dumps(step))


@pytest.mark.parametrize(
    "step",
    [
        {"folders": ["../letters"]},
        {"folders": [".received/../../letters"]},
        {"folders": ["files"]},
        {"folders": [".received/away"]},
        {"folders": [".received/away/letters"]},
        {"gone": {"../letters/a.txt": {"sha256": "0" * 64, "size": 1}}},
        {"gone": {".received/away/letters/a.txt": {"sha256": "0" * 64, "size": 1}}},
        {"gone": {"files/x": {"sha256": "../../../../letters/a.txt", "size": 1}}},
        {"moves": ["../letters/a.txt"]},
        {"moves": [".received/away/letters/a.txt"]},
        {"moves": 3},
        {"gone": []},
        {"more": 1},
    ],
)
def test_a_step_that_leads_out_of_the_tree_is_not_taken(step: dict[str, object], tree: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("dear")
    (tree / "views/nix").mkdir(parents=True)
    journal(tree, **step)
    (tree / ".received/away").symlink_to(tmp_path)
    (tree / ".received/incoming/letters").mkdir()
    (tree / ".received/letters").mkdir()
    (tree / ".received/letters/a.txt").write_text("evil")
    before = content(tree)
    with suppress(InputError):
        complete(tree)
    assert everything(tmp_path / "letters") == {"a.txt": b"dear"}
    assert before.items() <= content(tree).items()


def test_two_writers_do_not_meet(tree: Path, far: Path) -> None:
    far.mkdir()
    with writing(far), pytest.raises(StorageError, match="another run of `wheelhouse` is writing to it"):
        unpacked(packed(tree), far)


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not locked here")
def test_writers_leave_no_lock_behind(tree: Path, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    unpacked(packed(tree), far)
    assert content(far) == content(tree)
    assert not list(temporary.iterdir())


def test_two_writers_do_not_meet_where_folders_cannot_be_locked(
    tree: Path, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock

    def refuse(descriptor: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with writing(far):
        locks = [*tmp_path.glob("wheelhouse-locks-*/*")]
        with pytest.raises(StorageError, match="another run of `wheelhouse` is writing to it"):
            unpacked(packed(tree), far)
    unpacked(packed(tree), far)
    assert len(locks) == 1
    assert [*tmp_path.glob("wheelhouse-locks-*/*")] == locks


def test_a_folder_that_was_made_for_nothing_goes_again(tree: Path, far: Path) -> None:
    with pytest.raises(BundleRefused):
        unpacked(packed(tree)[:100], far)
    assert not far.exists()


def test_a_place_where_nothing_can_be_made_is_told(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file/far: "):
        unpacked(packed(tree), tmp_path / "file/far")


def test_a_bundle_that_was_cut_off_goes_on_where_it_was(tree: Path, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = packed(tree)
    with pytest.raises(BundleRefused) as caught:
        unpacked(bundle[:-5000], far)
    assert caught.value.why == "incomplete"
    assert not (far / MANIFEST).exists()
    staged = {path: path.stat().st_ino for path in (far / ".received/incoming/files").iterdir()}
    assert staged
    unpacked(bundle, far)
    assert {(far / "files" / path.name).stat().st_ino for path in staged} == set(staged.values())
    assert content(far) == content(tree)


def test_the_record_says_what_was_taken(tree: Path, far: Path, signer: Signer) -> None:
    bundle = packed(tree, signers=[signer], serial=9, stream="prod")
    unpacked(bundle, far, trusted=trusting(signer))
    record = read_record(far)
    assert record is not None
    assert (record.stream, record.serial, len(record.keys)) == ("prod", 9, 1)
    assert record.manifest == entry_of((far / MANIFEST).read_bytes()).sha256
    assert dumps(lock_of(FILES)).encode() == (far / "lock.json").read_bytes()
