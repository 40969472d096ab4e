"""What the tests against real components share."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.errors import NoSandbox
from resolver.sandbox.runner import Sandbox
from tests.support.artifacts import vendored
from tests.support.machine import skip
from tests.support.uploads import new_token


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of downloads for the whole run; workers of pytest-xdist share it too."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "downloads"


@pytest.fixture(scope="session")
def tool() -> Path:
    """The resolver as one file, as `make tool` builds it."""
    path = Path(__file__).resolve().parents[2] / "dist" / "wheelhouse.pyz"
    assert path.exists(), "`make tool` builds it, and `make test` runs that first"
    return path


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """That of this machine; where it has none, the test is skipped."""
    try:
        return Sandbox()
    except NoSandbox as error:
        skip(str(error))


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Servers of the loopback interface are asked straight, and with no password of the user's."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A vendored tree, where a module has none of its own."""
    tree = tmp_path / "tree"
    vendored(tree)
    return tree


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Where a server's tokens are kept."""
    return tmp_path / "tokens"


@pytest.fixture
def token(tree: Path, tokens: Path) -> str:
    """One that lets its holder publish what is called acme-something."""
    return new_token(tree, tokens, "ci", "--upload", "acme*")
