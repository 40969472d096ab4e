"""Exports, each read by the tool that it is made for: pip and uv install from them with no network, Graphviz and a
browser draw them, the commands of a Dockerfile run in order; and the lock of another tool as a preference."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from resolver.lock.codec import loads
from tests.support.command_line import run
from tests.support.machine import empty_network, skip

pytestmark = [pytest.mark.pypi, pytest.mark.netns]

BIN = Path(sys.executable).parent
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
REQUIREMENTS = ["requests[socks]", "markupsafe", "docopt==0.6.2", 'tzdata ; sys_platform == "win32"']
HERE, THERE = "here", ("musl", "windows")

if sys.platform != "linux":
    pytest.skip("the environments are Linux's", allow_module_level=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Iterator[Path]:
    """A folder with a lock for this Python, for the same one on musl, and for Windows; and a tree for the first."""
    folder = tmp_path_factory.mktemp("exports")
    arch = platform.machine()
    spec = {
        "version": 1,
        "environments": {
            HERE: {"python": MINOR, "os": "linux", "arch": arch, "libc": "glibc 2.28"},
            "musl": {"python": MINOR, "os": "linux", "arch": arch, "libc": "musl 1.2"},
            "windows": {"python": MINOR, "os": "windows", "arch": "amd64"},
        },
        "requirements": REQUIREMENTS,
        "groups": {"dev": ["click"]},
    }
    (folder / "spec.yaml").write_text(json.dumps(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("resolve", "--cache-dir", str(downloads))[0] == 0
        assert run("vendor", "image/tree", "-e", HERE, "--cache-dir", str(downloads))[0] == 0
        yield folder


def offline(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    network = empty_network()
    if network is None:
        skip("no empty network namespace can be had here")
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run([*network, *command], cwd=cwd, env=clean, capture_output=True, text=True, check=False)


def installers(venv: Path) -> dict[str, list[str]]:
    return {
        "pip": [str(BIN / "pip"), "--isolated", "--no-cache-dir", "--python", str(venv / "bin/python"), "install"],
        "uv": [str(BIN / "uv"), "--no-config", "--no-cache", "pip", "install", "--python", str(venv / "bin/python")],
        "uv sync": [str(BIN / "uv"), "--no-config", "--no-cache", "pip", "sync", "--python", str(venv / "bin/python")],
    }


def environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    return folder / "venv"


def installed(venv: Path) -> dict[str, str]:
    code = "import importlib.metadata as m, json; print(json.dumps([[d.name, d.version] for d in m.distributions()]))"
    told = subprocess.run([str(venv / "bin/python"), "-c", code], capture_output=True, text=True, check=True).stdout
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in json.loads(told)}


def locked(desk: Path, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    pins = loads((desk / "lock.json").read_text()).resolutions[HERE]
    return {name: pin.version for name, pin in pins.items() if name not in without}


@pytest.mark.parametrize("group", [None, "dev"])
@pytest.mark.parametrize("tool", ["pip", "uv", "uv sync"])
def test_pylock_is_installed_with_no_network(desk: Path, tmp_path: Path, tool: str, group: str | None) -> None:
    assert run("export", "pylock", "-e", HERE, "--tree", "image/tree", "-o", str(desk / "pylock.toml"))[0] == 0
    venv = environment(tmp_path)
    files = (desk / "image/tree/files").as_uri()  # PEP 751 knows nothing of what builds docopt
    wanted = ["-r", "pylock.toml"] if tool != "uv sync" else ["pylock.toml"]
    if group is not None:
        wanted += ["--group", f"pylock.toml:{group}" if tool == "pip" else group]
    done = offline(*installers(venv)[tool], *wanted, "--no-index", "--find-links", files, cwd=desk)
    assert done.returncode == 0, done.stderr
    assert installed(venv) == locked(desk, without=("click",) if group is None else ())


@pytest.mark.parametrize("tool", ["pip", "uv", "uv sync"])
def test_requirements_are_installed_with_no_network(desk: Path, tmp_path: Path, tool: str) -> None:
    assert run("export", "requirements", "-e", HERE, "--tree", "image/tree", "-o", "lists/")[0] == 0
    listed = desk / f"lists/requirements.{HERE}.txt"
    venv = environment(tmp_path)
    named = [str(listed)] if tool == "uv sync" else ["--no-deps", "-r", str(listed)]
    done = offline(*installers(venv)[tool], *named, "--require-hashes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert installed(venv) == locked(desk)


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_other_bytes_are_refused(desk: Path, tmp_path: Path, tool: str) -> None:
    venv = environment(tmp_path)
    for kind, option in (("pylock", []), ("requirements", ["--require-hashes", "--no-deps"])):
        code, text = run("export", kind, "-e", HERE, "--no-groups", "--tree", str(desk / "image/tree"))
        assert code == 0
        path = tmp_path / ("pylock.toml" if kind == "pylock" else "requirements.txt")
        tree = os.path.relpath(desk / "image/tree", tmp_path)
        changed = re.sub(r"(sha256[^0-9a-f]+)[0-9a-f]{8}", r"\g<1>00000000", text).replace("image/tree", tree)
        path.write_text(changed)
        done = offline(*installers(venv)[tool], *option, "-r", str(path), cwd=tmp_path)
        assert done.returncode != 0
        assert "hash" in done.stderr.lower(), done.stderr
    assert installed(venv) == {}


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_another_machine_is_refused(desk: Path, tmp_path: Path, tool: str) -> None:
    """By its markers, and where those say nothing by its tags."""
    assert run("export", "pylock", "-o", str(tmp_path))[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"pylock.toml", "pylock.here.toml", "pylock.musl.toml"}
    venv = environment(tmp_path)
    for name, told in (("pylock.toml", "environment"), ("pylock.musl.toml", "charset-normalizer")):
        done = offline(*installers(venv)[tool], "--dry-run", "-r", str(tmp_path / name), cwd=tmp_path)
        assert done.returncode != 0, done.stdout
        assert told in done.stderr.lower(), done.stderr


def test_the_commands_of_a_dockerfile_make_the_environment(desk: Path, tmp_path: Path) -> None:
    """In their order, in a root that has what the image has, the context and nothing else, and no network."""
    if shutil.which("bwrap") is None:
        skip("bubblewrap is not installed")
    assert run("export", "dockerfile", "-e", HERE, "--tree", "image/tree", "-o", "image")[0] == 0
    parser = DockerfileParser(str(tmp_path))
    parser.content = (desk / f"image/Dockerfile.{HERE}").read_text()
    told = [(step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"]
    assert [name for name, _ in told] == ["ARG", "ARG", "FROM", "RUN", "RUN", "FROM", "COPY", "ENV"]
    assert told[0][1] == f"BASE=python:{MINOR}-slim-bookworm"
    assert told[6][1] == "--from=packages /opt/venv /opt/venv"
    root = scratch_root(tmp_path, desk / "image")
    for value in [value for name, value in told if name == "RUN"]:
        flags, command = re.findall(r"--(?:network|mount)=\S+ ", value), re.sub(r"--(?:network|mount)=\S+ ", "", value)
        assert flags == ["--network=none ", "--mount=type=bind,target=/context "]
        done = subprocess.run([*root, "sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    code = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    done = subprocess.run([*root, "/opt/venv/bin/python", "-c", code], capture_output=True, text=True, check=False)
    assert {"requests", "pysocks", "markupsafe", "docopt", "click"} <= set(done.stdout.split()), done.stderr


def scratch_root(folder: Path, context: Path) -> list[str]:
    """The prefix of a command that sees the programs of this machine, the context, and no network."""
    root = folder / "root"
    (root / "image").mkdir(parents=True)
    (root / "image/python").symlink_to(Path(sys.executable).resolve())
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    command = [
        "bwrap",
        "--unshare-net",
        "--bind",
        str(root),
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
    ]
    for system in dict.fromkeys(["/usr", "/etc", sys.base_prefix]):
        command += ["--ro-bind", system, system]
    command += ["--ro-bind", str(context), "/context", "--setenv", "PIP_CONFIG_FILE", os.devnull]
    return [*command, "--setenv", "PATH", "/image:/usr/bin:/bin"]


def test_graphviz_draws_the_graph(desk: Path) -> None:
    if shutil.which("dot") is None:
        skip("Graphviz is not installed")
    code, text = run("export", "dot")
    assert code == 0
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    kinds = [line.split()[0] for line in done.stdout.splitlines()]
    lock = loads((desk / "lock.json").read_text())
    assert kinds.count("node") == len({(a.project, a.version) for a in lock.artifacts.values()})
    assert kinds.count("edge") >= len(lock.resolutions[HERE]["requests"].dependencies)


CLICKS = """
<script>
{
const chips = [...document.querySelectorAll("#environments .chip")];
chips.find(c => c.textContent === "windows").click();
const search = document.getElementById("search");
search.value = "tz"; search.dispatchEvent(new Event("input"));
search.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
document.getElementById("builds").click();
document.body.dataset.done = "yes";
}
</script></body>"""


def test_a_browser_shows_the_page(desk: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        skip("Chromium is not installed")
    assert run("export", "html", "-o", str(tmp_path / "graph.html"))[0] == 0
    text = (tmp_path / "graph.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=|url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)""", text)
    (tmp_path / "clicked.html").write_text(text.replace("</body>", CLICKS))
    whole = shown(browser, (tmp_path / "graph.html").as_uri() + "#urllib3", tmp_path)
    lock = loads((desk / "lock.json").read_text())
    releases = {(a.project, a.version) for a in lock.artifacts.values()}
    assert len(re.findall(r'<g class="node[ "]', whole)) == len(releases)
    assert len(re.findall(r'class="node built', whole)) == 1, "setuptools, for docopt"
    assert re.search(r'<g class="node root up"[^>]*><title>requests ', whole), "requests leads to urllib3"
    clicked = shown(browser, (tmp_path / "clicked.html").as_uri(), tmp_path)
    assert 'data-done="yes"' in clicked
    assert re.search(r'<g class="node root pick"[^>]*><title>tzdata ', clicked)
    assert "<title>setuptools" not in clicked
    assert clicked.count('aria-pressed="true"') == 1, "one environment, and no builds"


def shown(browser: str, url: str, home: Path) -> str:
    """The document after its script ran."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}/profile"]
    command += ["--virtual-time-budget=2000", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_licences_of_a_tree(desk: Path) -> None:
    code, said = run("licenses", "image/tree", "--csv")
    assert code == 0, said
    rows = dict(line.split(",")[0:3:2] for line in said.splitlines())
    assert rows["requests"] == "Apache-2.0"
    assert rows["certifi"] == "MPL-2.0"
    code, said = run("licenses", "image/tree", "--fail-on", "MPL-*")
    assert code == 1
    assert "certifi" in said.partition("not allowed:")[2]
    assert run("licenses", "image/tree", "--fail-on", "MPL-*", "--except", "certifi")[0] == 0
    code, said = run("licenses", "image/tree", "-e", "musl")
    assert code == 2
    assert "wheelhouse vendor" in said


def test_a_bill_of_materials_knows_the_licences_of_a_tree(desk: Path) -> None:
    code, text = run("export", "cyclonedx", "-e", HERE, "--tree", "image/tree")
    assert code == 0
    told = {c["name"]: (c["scope"], c.get("licenses")) for c in json.loads(text)["components"]}
    assert told["certifi"] == ("required", [{"license": {"acknowledgement": "declared", "id": "MPL-2.0"}}])
    assert told["setuptools"][0] == "excluded"


def test_a_lock_of_uv_is_what_a_first_resolution_begins_with(tmp_path: Path, downloads: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "demo"\nversion = "1"\nrequires-python = ">={MINOR}"\n'
        'dependencies = ["requests[socks]", "markupsafe"]\n'
    )
    old = ["--exclude-newer", "2025-06-01"]
    subprocess.run([str(BIN / "uv"), "--no-config", "lock", "-q", *old], cwd=tmp_path, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        code, said = run("init", "pyproject.toml")
        assert said.rstrip().endswith("wheelhouse resolve --prefer uv.lock"), said
        code, said = run("resolve", "--prefer", "uv.lock", "--cache-dir", str(downloads))
        assert code == 0, said
    pins = next(iter(loads((tmp_path / "lock.json").read_text()).resolutions.values()))
    stated = dict(
        re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"\nsource = \{ registry', (tmp_path / "uv.lock").read_text())
    )
    assert {name: pin.version for name, pin in pins.items()} == {name: stated[name] for name in pins}
    assert f"preference: uv.lock: {len(pins)} of the {len(stated)} versions were taken" in said
