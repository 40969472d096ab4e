"""Whether a signature holds: asked of cryptography where it is installed, else of the ssh-keygen of the machine.

The closed side may have the one-file tool and nothing compiled; OpenSSH is there already.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from resolver.bundle.sshsig import NAMESPACE, Signature
from resolver.errors import InputError

_SECONDS = 60
HOW_TO_GET_IT = "pip install 'rules-wheelhouse[signing]', or OpenSSH 8.2 or newer, whose ssh-keygen does it too"


def holds(signature: Signature, message: bytes) -> bool:
    """Whether the key in ``signature`` made it of ``message``. Whose key that is, and whether it counts, is not asked.

    Raises `InputError` where this machine has nothing that could tell.
    """
    try:
        return _by_cryptography(signature, message)
    except ImportError:
        return _by_openssh(signature, message)


def _by_cryptography(signature: Signature, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (an optional extra)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(signature.key.raw).verify(signature.raw, signature.covers(message))
    except (InvalidSignature, ValueError):
        return False
    return True


def _by_openssh(signature: Signature, message: bytes) -> bool:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError(f"nothing on this machine can check a signature: {HOW_TO_GET_IT}")
    with tempfile.TemporaryDirectory(prefix="wheelhouse-") as folder:
        path = Path(folder, "bundle.json.sig")
        path.write_text(signature.armored(), encoding="ascii")
        done = subprocess.run(  # noqa: S603  (found on PATH, given no word of the bundle's)
            [program, "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(path)],
            input=message,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    if b"unknown option" in done.stderr or b"Unsupported operation" in done.stderr:
        raise InputError(f"{program} is too old to check a signature: {HOW_TO_GET_IT}")
    return done.returncode == 0
