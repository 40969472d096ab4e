"""The filter of system calls, carried out by a small interpreter of classic BPF."""

# ruff: noqa: E501
# The calls of an architecture are a row.

from __future__ import annotations

import errno
import struct

import pytest

from resolver.sandbox import seccomp

KILL, ALLOW = seccomp.KILL, seccomp.ALLOW
REFUSE, ABSENT = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
NEWUSER, SIGCHLD = 0x10000000, 17
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the kernel would do with a call."""
    program = seccomp.program(machine)
    assert program is not None
    audit = ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", number, audit, 0, *[*arguments, *[0] * 6][:6])
    lines: list[tuple[int, int, int, int]] = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        code, then, otherwise, value = lines[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
            continue
        holds = {
            0x15: accumulator == value,
            0x25: accumulator > value,
            0x35: accumulator >= value,
            0x45: bool(accumulator & value),
        }[code]
        at += then if holds else otherwise


ALLOWED = {
    "x86_64": {"read": 0, "write": 1, "openat": 257, "execve": 59, "wait4": 61, "mmap": 9, "futex": 202, "vfork": 58, "statx": 332, "setresuid": 117, "prctl": 157, "seccomp": 317, "rseq": 334, "close_range": 436},
    "aarch64": {"read": 63, "write": 64, "openat": 56, "execve": 221, "wait4": 260, "mmap": 222, "futex": 98, "statx": 291, "setresuid": 147, "prctl": 167, "seccomp": 277, "rseq": 293, "close_range": 436},
}  # fmt: skip
REFUSED = {
    "x86_64": {"mount": 165, "umount2": 166, "pivot_root": 155, "ptrace": 101, "unshare": 272, "setns": 308, "bpf": 321, "keyctl": 250, "add_key": 248, "request_key": 249, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "process_vm_readv": 310, "process_vm_writev": 311, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "reboot": 169, "swapon": 167, "sethostname": 170, "quotactl": 179, "open_by_handle_at": 304, "name_to_handle_at": 303, "open_tree": 428, "move_mount": 429, "fsmount": 432, "mount_setattr": 442, "memfd_create": 319, "iopl": 172},
    "aarch64": {"mount": 40, "umount2": 39, "pivot_root": 41, "ptrace": 117, "unshare": 97, "setns": 268, "bpf": 280, "keyctl": 219, "add_key": 217, "request_key": 218, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "process_vm_readv": 270, "process_vm_writev": 271, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273, "reboot": 142, "swapon": 224, "sethostname": 161, "quotactl": 60, "open_by_handle_at": 265, "name_to_handle_at": 264, "open_tree": 428, "move_mount": 429, "fsmount": 432, "mount_setattr": 442, "memfd_create": 279},
}  # fmt: skip
CLONE, IOCTL, SOCKET = {"x86_64": 56, "aarch64": 220}, {"x86_64": 16, "aarch64": 29}, {"x86_64": 41, "aarch64": 198}


def rows(table: dict[str, dict[str, int]]) -> list[tuple[str, str]]:
    return [(machine, name) for machine, names in table.items() for name in names]


@pytest.mark.parametrize(("machine", "name"), rows(ALLOWED))
def test_what_build_tools_call_is_allowed(machine: str, name: str) -> None:
    assert verdict(machine, ALLOWED[machine][name]) == ALLOW


@pytest.mark.parametrize(("machine", "name"), rows(REFUSED))
def test_what_leads_out_is_refused(machine: str, name: str) -> None:
    assert verdict(machine, REFUSED[machine][name]) == REFUSE


@pytest.mark.parametrize("machine", ARCHITECTURES)
class TestArguments:
    def test_threads_and_processes_are_made_but_no_namespaces(self, machine: str) -> None:
        assert verdict(machine, CLONE[machine], SIGCHLD) == ALLOW
        assert verdict(machine, CLONE[machine], 0x3D0F00) == ALLOW  # a thread, as glibc makes it
        for bit in (0x20000, 0x2000000, 0x4000000, 0x8000000, NEWUSER, 0x20000000, 0x40000000):
            assert verdict(machine, CLONE[machine], bit | SIGCHLD) == REFUSE

    def test_clone3_is_absent_so_that_libraries_fall_back(self, machine: str) -> None:
        assert verdict(machine, 435) == ABSENT

    def test_nothing_is_typed_into_a_terminal(self, machine: str) -> None:
        assert verdict(machine, IOCTL[machine], 1, 0x5401) == ALLOW
        assert verdict(machine, IOCTL[machine], 1, 0x5412) == REFUSE
        assert verdict(machine, IOCTL[machine], 1, 0x541C) == REFUSE
        assert verdict(machine, IOCTL[machine], 1, 0xFFFFFFFF00005412) == REFUSE  # the kernel looks at the low half

    def test_sockets_are_of_the_common_families(self, machine: str) -> None:
        for family in (1, 2, 10):
            assert verdict(machine, SOCKET[machine], family, 1, 0) == ALLOW
        assert verdict(machine, SOCKET[machine], 16, 3, 0) == ALLOW  # the routing tables, which are the sandbox's own
        assert verdict(machine, SOCKET[machine], 16, 3, 9) == REFUSE  # audit
        for family in (0, 17, 31, 38, 40, 44):
            assert verdict(machine, SOCKET[machine], family, 1, 0) == REFUSE

    def test_other_architectures_are_killed(self, machine: str) -> None:
        for audit in (0x40000003, 0x40000028, 0, *ARCHITECTURES.values()):
            if audit != ARCHITECTURES[machine]:
                assert verdict(machine, 0, architecture=audit) == KILL

    def test_calls_younger_than_the_table_are_absent(self, machine: str) -> None:
        assert verdict(machine, 462) == ALLOW
        assert verdict(machine, 463) == ABSENT


def test_x32_numbers_are_killed() -> None:
    assert verdict("x86_64", 0x40000000) == KILL
    assert verdict("x86_64", 0xFFFFFFFF) == KILL


def test_other_machines_have_no_filter() -> None:
    assert seccomp.program("riscv64") is None
