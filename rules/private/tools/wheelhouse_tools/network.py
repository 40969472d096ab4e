"""A process with no network but its own loopback, on Linux.

Bazel's sandbox closes the network where it can make one. Other strategies and remote workers may not, and what a build
fetches would be in no lock.
"""

import contextlib
import ctypes
import os
import socket
import struct

_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_SET_FLAGS = 0x8914
_UP = 1


def leave_network():
    """Move this process into an empty network namespace; where the system allows none, leave all as it is."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        if libc.unshare(_NEW_USER | _NEW_NETWORK):
            return
        _keep_identity(user, group)
    # Hardened systems allow such a namespace and nothing in it: then there is not even a loopback.
    with contextlib.suppress(OSError):
        _raise_loopback()


def _keep_identity(user, group):
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", "%d %d 1" % (user, user)),
        ("gid_map", "%d %d 1" % (group, group)),
    ):
        with contextlib.suppress(OSError), open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


def _raise_loopback():
    import fcntl  # not on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
