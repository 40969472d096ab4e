"""Install an environment of a lock from its vendored tree alone, in an empty network namespace where one can be had.

The environment that this machine can run is installed for real, sdists built from their locked closures. Where it can
run none, the wheels of the first are installed into a folder, as pip does for other machines.

usage: prove_offline.py LOCK TREE
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.tags import sys_tags

from resolver.emit.places import Places
from resolver.emit.requirements import requirements
from resolver.emit.selection import selection
from resolver.lock.codec import loads
from resolver.lock.model import Lock


def main(lock_file: str, tree: str) -> int:
    lock = loads(Path(lock_file).read_text(encoding="utf-8"), lock_file)
    places = Places(tree=Path(tree).resolve().as_uri())
    isolation = without_network()
    native = runnable(lock)
    name = native or next(iter(lock.environments))
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "requirements.txt")
        kinds = ("wheel", "sdist") if native else ("wheel",)
        wanted.write_text(requirements(selection(lock, [name]), name, places, kinds=kinds), encoding="utf-8")
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--isolated",
            "--no-cache-dir",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "--no-deps",
        ]
        where = ["--require-hashes", "--target", str(Path(scratch, "site"))]
        foreign = [] if native else foreign_options(lock, name)
        clean = {"PATH": os.environ["PATH"], "HOME": scratch, "PIP_CONFIG_FILE": os.devnull}
        done = subprocess.run(  # noqa: S603  (our own interpreter's pip)
            [*isolation, *pip, *where, *foreign, "-r", str(wanted)], env=clean, check=False
        )
        if done.returncode:
            print(f"error: the install of {name} from {tree} failed", file=sys.stderr)
            return 1
        count = len(list(Path(scratch, "site").glob("*.dist-info")))
    how = "in an empty network namespace" if isolation else "from the tree alone (no network namespace to be had here)"
    what = "built and installed" if native else "installed the wheels of"
    print(f"{what} {name}: {count} projects, {how}")
    return 0


def without_network() -> list[str]:
    """The command prefix that gives a process no network, or nothing where the machine allows none."""
    prefix = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return prefix
    return []


def runnable(lock: Lock) -> str | None:
    """An environment that this interpreter can stand for: it accepts every tag that the environment accepts."""
    ours = {str(tag) for tag in sys_tags()}
    return next((name for name, entry in lock.environments.items() if ours.issuperset(entry.tags)), None)


def foreign_options(lock: Lock, name: str) -> list[str]:
    """pip's options for a machine that this one is not."""
    entry = lock.environments[name]
    interpreter, abi, _ = entry.tags[0].split("-")
    platforms = dict.fromkeys(tag.split("-")[2] for tag in entry.tags if not tag.endswith("-any"))
    options = [
        "--only-binary=:all:",
        "--implementation",
        interpreter[:2],
        "--abi",
        abi,
        "--abi",
        "abi3",
        "--abi",
        "none",
    ]
    options += ["--python-version", entry.markers["python_version"]]
    return options + [option for platform in platforms for option in ("--platform", platform)]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
