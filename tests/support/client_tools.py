"""pip, uv and twine, as a person runs them: nothing of this machine's configuration counts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
_CONFIGURES = ("PIP_", "UV_", "TWINE_", "REQUESTS_", "CURL_", "SSL_")


def tool(*command: str, expected: int = 0, **environment: str) -> str:
    """What a program of the test environment says. Fails where it ends otherwise than ``expected``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURES)}
    settings = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "NO_COLOR": "1", "COLUMNS": "500", **environment}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        env={**clean, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == expected, done.stdout
    return done.stdout


def twine(url: str, token: str, *files: str | Path, options: Sequence[str] = (), expected: int = 0) -> str:
    """Upload by twine to the server at ``url``."""
    command = ("twine", "upload", "--non-interactive", "--disable-progress-bar", *options)
    credentials = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": token}
    said = tool(*command, "--repository-url", f"{url}/legacy/", *map(str, files), expected=expected, **credentials)
    return " ".join(said.split())


def uv_publish(
    url: str, token: str, *files: str | Path, options: Sequence[str] = (), expected: int = 0, **more: str
) -> str:
    """Upload by uv to the server at ``url``."""
    command = ("uv", "publish", "--publish-url", f"{url}/legacy/", *options)
    return tool(*command, *map(str, files), expected=expected, UV_PUBLISH_TOKEN=token, **more)


def pip_download(index: str, folder: Path, *names: str, options: Sequence[str] = (), expected: int = 0) -> str:
    """Have pip bring files from an index, without what they need."""
    command = (
        "pip",
        "--isolated",
        "--no-input",
        *options,
        "download",
        "--no-cache-dir",
        "--no-deps",
        "-d",
        str(folder),
    )
    return tool(*command, "--index-url", index, *names, expected=expected)


def uv_install(index: str, folder: Path, *names: str, expected: int = 0, **environment: str) -> str:
    """Have uv install into a folder, without what the names need."""
    command = ("uv", "pip", "install", "--no-cache", "--no-deps", "--target", str(folder), "--default-index", index)
    return tool(*command, *names, expected=expected, **environment)
