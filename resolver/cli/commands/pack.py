"""``wheelhouse pack``: vendored tree -> a bundle to carry."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.terminal import Terminal
from resolver.cli.trees import named_tree
from resolver.errors import InputError, StorageError

if TYPE_CHECKING:
    from resolver.bundle.keys import Signer
    from resolver.bundle.sink import Sink
    from resolver.transfer.pack import Base, Label, Output, Packed

_LEAST_VOLUME = 1024
_SHOWN = 5


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the bundle."""
    from resolver.transfer.pack import pack
    from resolver.transfer.switch import complete

    tree = named_tree(args.directory)
    label, since, signers = _label(args), _base(args.since), _signers(args)
    complete(tree)

    def packed(output: Output) -> Packed:
        with terminal.progress(f"packing {tree}", unit="bytes") as bar:
            return pack(tree, output, label, since=since, signers=signers, portable=args.portable, progress=bar)

    if args.output == "-":
        _check_pipe(args)
        for line in _lines("-", _piped(packed), None, signers):
            terminal.note(line)
        return 0
    with _sink(args) as sink:
        done = packed(sink)
        sink.close()
    _report(args.output, done, sink, signers, terminal)
    return 0


class _Pipe:
    """Standard output as it is, in bytes."""

    def reserve(self, total: int) -> None:
        """A pipe takes whatever comes."""

    def write(self, content: bytes) -> object:
        return sys.stdout.buffer.write(content)


def _piped(packed: Callable[[Output], Packed]) -> Packed:
    """Pack to standard output. Raises `StorageError` where its reader leaves before the end: it has no bundle then."""
    try:
        done = packed(_Pipe())
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise StorageError("-: whoever reads the bundle stopped before its end") from error
    return done


def _check_pipe(args: argparse.Namespace) -> None:
    if args.json or args.volume_size is not None:
        raise InputError("a bundle that goes to standard output (-) leaves no room for --json, and has no volumes")
    if sys.stdout.isatty():
        raise InputError("a bundle is no text for a terminal; name a file, or a program that reads it: | ssh HOST ...")


@contextmanager
def _sink(args: argparse.Namespace) -> Iterator[Sink]:
    """A file, or several; nothing of them is left where the block fails."""
    from resolver.bundle.sink import Sink
    from resolver.cli.amounts import parse_size
    from resolver.cli.files import check_writable

    path = Path(args.output)
    check_writable(path)
    limit = None if args.volume_size is None else parse_size(args.volume_size, _LEAST_VOLUME)
    sink = Sink(path, limit)
    try:
        yield sink
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        sink.drop()


def _label(args: argparse.Namespace) -> Label:
    """What the statement says. A bundle that is neither signed nor numbered has no time: its bytes are the tree's."""
    from resolver.bundle.statement import checked_stream
    from resolver.cli.amounts import parse_end
    from resolver.cli.clock import build_time
    from resolver.transfer.pack import Label

    try:
        stream = checked_stream(args.stream)
    except ValueError as error:
        raise InputError(f"--stream {error}") from error
    dated = bool(args.sign or args.serial is not None or args.expires is not None)
    if not dated:
        return Label(stream=stream)
    made = build_time()
    serial = _milliseconds(made) if args.serial in {None, "auto"} else args.serial
    created = made.replace(microsecond=0)
    expires = parse_end(args.expires, created) if args.expires is not None else None
    return Label(stream=stream, serial=serial, created=created, expires=expires)


def _milliseconds(moment: datetime) -> int:
    """Since 1970: a number that grows by itself, on every machine that packs."""
    return int(moment.timestamp() * 1000)


def _base(name: str | None) -> Base | None:
    from hashlib import sha256

    from resolver.cli.files import parse_lock, read_lock_bytes
    from resolver.transfer.pack import Base

    if name is None:
        return None
    path = Path(name)
    content = read_lock_bytes(path)
    return Base(lock=parse_lock(content, path), sha256=sha256(content).hexdigest())


def _signers(args: argparse.Namespace) -> list[Signer]:
    from resolver.bundle.keys import load_key
    from resolver.cli.passphrases import from_file, prompted

    def passphrase(path: Path) -> bytes:
        return from_file(args.passphrase_file) if args.passphrase_file is not None else prompted(path)

    if args.passphrase_file is not None and not args.sign:
        raise InputError("--passphrase-file is that of a key, and --sign names none")
    return [load_key(Path(name), passphrase) for name in dict.fromkeys(args.sign or ())]


def _report(name: str, packed: Packed, sink: Sink, signers: list[Signer], terminal: Terminal) -> None:
    statement = packed.statement
    document = {
        "output": name,
        "written": [str(path) for path in sink.written],
        "bytes": packed.size,
        "sha256": sink.sha256,
        "files": statement.files,
        "of": packed.whole[0],
        "stream": statement.stream,
        "serial": statement.serial,
        "created": None if statement.created is None else statement.created.isoformat(),
        "expires": None if statement.expires is None else statement.expires.isoformat(),
        "manifest": statement.manifest.sha256,
        "base": statement.base,
        "signed_by": [signer.public.fingerprint for signer in signers],
        "unportable": [one.path for one in packed.breakages],
    }
    lines = _lines(name, packed, sink, signers)
    if len(sink.written) > 1:
        lines[1:1] = [f"  {path.name}" for path in sink.written]
    terminal.result(lines[-1:] if terminal.quiet else lines, document)


def _lines(name: str, packed: Packed, sink: Sink | None, signers: list[Signer]) -> list[str]:
    from resolver.lock.describe import counted, human_size
    from resolver.transfer.telling import describe_statement

    statement = packed.statement
    part = f"what is new since the lock {statement.base[:12]}: " if statement.base else ""
    lines = [
        f"{name}: {part}{counted(statement.files, 'file')} of {packed.whole[0]}, {human_size(packed.size)}",
        describe_statement(statement),
        *(f"signed by {signer.public.fingerprint} {signer.comment}".rstrip() for signer in signers),
    ]
    if signers and statement.expires is None:
        lines.append("note: it never expires, so nobody would notice if newer ones were held back; --expires 90d")
    broken = packed.breakages
    if broken:
        shown = "; ".join(f"{one.path} {one.reason}" for one in broken[:_SHOWN])
        lines.append(f"note: {counted(len(broken), 'name')} would break on Windows, FAT or exFAT: {shown}")
    if sink is not None and sink.sha256 is not None:
        lines.append(f"sha256 {sink.sha256}")
    return lines
