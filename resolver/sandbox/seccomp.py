"""The system calls that a sandbox forbids, as a classic BPF program (``struct sock_filter[]``).

Everything that compilers, interpreters and build tools use is allowed. Refused (EPERM) is what widens the kernel's
surface or leads out of a namespace; calls younger than this table do not exist (ENOSYS).
"""

from __future__ import annotations

import struct

from resolver.records import record

KILL, ALLOW = 0x80000000, 0x7FFF0000
EPERM, ENOSYS = 0x00050000 | 1, 0x00050000 | 38
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_AT_LEAST, _JUMP_ANY, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""

_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI, TIOCLINUX."""

_FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6."""

_NETLINK = 16
_LAST = 462
"""mseal (Linux 6.10): the youngest call that was looked at."""

_X32 = 0x40000000
_CLONE3 = 435
_MOUNTS = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
}
_COMMON = {
    **_MOUNTS,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "quotactl_fd": 443,
    "memfd_secret": 447,
}
_X86_64 = {
    **_COMMON,
    "acct": 163,
    "add_key": 248,
    "adjtimex": 159,
    "bpf": 321,
    "chroot": 161,
    "clock_adjtime": 305,
    "clock_settime": 227,
    "delete_module": 176,
    "fanotify_init": 300,
    "finit_module": 313,
    "init_module": 175,
    "ioperm": 173,
    "iopl": 172,
    "kcmp": 312,
    "kexec_file_load": 320,
    "kexec_load": 246,
    "keyctl": 250,
    "lookup_dcookie": 212,
    "memfd_create": 319,
    "migrate_pages": 256,
    "modify_ldt": 154,
    "mount": 165,
    "move_pages": 279,
    "name_to_handle_at": 303,
    "nfsservctl": 180,
    "open_by_handle_at": 304,
    "perf_event_open": 298,
    "pivot_root": 155,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "ptrace": 101,
    "quotactl": 179,
    "reboot": 169,
    "request_key": 249,
    "setdomainname": 171,
    "sethostname": 170,
    "setns": 308,
    "settimeofday": 164,
    "shmget": 29,
    "swapoff": 168,
    "swapon": 167,
    "syslog": 103,
    "umount2": 166,
    "unshare": 272,
    "userfaultfd": 323,
    "uselib": 134,
    "vhangup": 153,
}
_AARCH64 = {
    **_COMMON,
    "acct": 89,
    "add_key": 217,
    "adjtimex": 171,
    "bpf": 280,
    "chroot": 51,
    "clock_adjtime": 266,
    "clock_settime": 112,
    "delete_module": 106,
    "fanotify_init": 262,
    "finit_module": 273,
    "init_module": 105,
    "kcmp": 272,
    "kexec_file_load": 294,
    "kexec_load": 104,
    "keyctl": 219,
    "lookup_dcookie": 18,
    "memfd_create": 279,
    "migrate_pages": 238,
    "mount": 40,
    "move_pages": 239,
    "name_to_handle_at": 264,
    "nfsservctl": 42,
    "open_by_handle_at": 265,
    "perf_event_open": 241,
    "pivot_root": 41,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "ptrace": 117,
    "quotactl": 60,
    "reboot": 142,
    "request_key": 218,
    "setdomainname": 162,
    "sethostname": 161,
    "setns": 268,
    "settimeofday": 170,
    "shmget": 194,
    "swapoff": 225,
    "swapon": 224,
    "syslog": 116,
    "umount2": 39,
    "unshare": 97,
    "userfaultfd": 282,
    "vhangup": 58,
}


@record
class Machine:
    """The numbers of one architecture: its AUDIT_ARCH, the refused calls and those whose arguments are looked at."""

    audit: int
    refused: dict[str, int]
    clone: int
    ioctl: int
    socket: int


MACHINES = {
    "x86_64": Machine(audit=0xC000003E, refused=_X86_64, clone=56, ioctl=16, socket=41),
    "aarch64": Machine(audit=0xC00000B7, refused=_AARCH64, clone=220, ioctl=29, socket=198),
}


def program(machine: str) -> bytes | None:
    """The filter for ``machine`` (as `os.uname` calls it), or None where it has none."""
    known = MACHINES.get(machine)
    if known is None:
        return None
    code = [_load(_ARCHITECTURE), *_unless(known.audit, KILL), _load(_NUMBER)]
    if machine == "x86_64":
        code += _when(_JUMP_AT_LEAST, _X32, KILL)
    code += _when(_JUMP_GREATER, _LAST, ENOSYS)
    code += _when(_JUMP_EQUAL, _CLONE3, ENOSYS)  # its flags lie in memory: the C library falls back to clone
    for number in sorted(known.refused.values()):
        code += _when(_JUMP_EQUAL, number, EPERM)
    code += _block(known.clone, [_load(_argument(0)), *_when(_JUMP_ANY, _NAMESPACES, EPERM)])
    terminal = [line for request in _TERMINAL_INPUT for line in _when(_JUMP_EQUAL, request, EPERM)]
    code += _block(known.ioctl, [_load(_argument(1)), *terminal])
    families = [line for family in _FAMILIES for line in _when(_JUMP_EQUAL, family, ALLOW)]
    route = [*_unless(_NETLINK, EPERM), _load(_argument(2)), *_unless(0, EPERM)]
    code += _block(known.socket, [_load(_argument(0)), *families, *route])
    code.append(_return(ALLOW))
    return b"".join(code)


def _block(number: int, body: list[bytes]) -> list[bytes]:
    """``body`` for one system call; it ends in ALLOW where it does not return before."""
    return [_line(_JUMP_EQUAL, 0, len(body) + 1, number), *body, _return(ALLOW)]


def _when(jump: int, value: int, verdict: int) -> list[bytes]:
    return [_line(jump, 0, 1, value), _return(verdict)]


def _unless(value: int, verdict: int) -> list[bytes]:
    return [_line(_JUMP_EQUAL, 1, 0, value), _return(verdict)]


def _argument(index: int) -> int:
    """The low half of an argument in ``struct seccomp_data``; both machines are little-endian."""
    return 16 + 8 * index


def _load(offset: int) -> bytes:
    return _line(_LOAD, 0, 0, offset)


def _return(verdict: int) -> bytes:
    return _line(_RETURN, 0, 0, verdict)


def _line(code: int, then: int, otherwise: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
