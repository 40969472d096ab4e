"""Commands that make, check and carry vendored trees."""

from __future__ import annotations

from resolver.cli.parser.base import Commands, Parser, add
from resolver.cli.parser.options import environment, lock, number, passphrase_file, serial, trusted_root


def vendor(commands: Commands) -> Parser:
    parser = add(commands, "vendor", "fetch every artifact of the lock into a tree, which is an index")
    lock(parser)
    parser.add_argument("directory", metavar="DIR", help="the vendored tree; created if it does not exist")
    environment(parser, "only the files of this environment (may be repeated)")
    parser.add_argument(
        "--from",
        dest="carried",
        metavar="DIR",
        help="take every file from this directory or vendored tree, and none from the network",
    )
    parser.add_argument(
        "--view",
        choices=("bazel", "nix"),
        action="append",
        default=[],
        help="also link the files under the names by which another tool looks for them: views/bazel is a"
        " --repository_cache of Bazel, views/nix one of Nix's hashed-mirrors with a script that fills a store (may be"
        " repeated)",
    )
    parser.add_argument(
        "--check-index",
        action="store_true",
        help="ask the indexes about every file: what was yanked, has vanished or was replaced since it was locked"
        " (by default, only about files that have to be fetched)",
    )
    trusted_root(parser)
    parser.add_argument(
        "--no-attestations", action="store_true", help="check and carry no attestations, whatever the spec asks"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=number(1, 64, "a number"),
        default=8,
        help="downloads at once (default: %(default)s)",
    )
    parser.add_argument("--cache-dir", metavar="DIR", help="take files from and keep files in this cache")
    return parser


def verify(commands: Commands) -> Parser:
    parser = add(commands, "verify", "check every byte of a tree, and replay its installations offline")
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    environment(parser, "replay this environment, and fail if this machine cannot run it (may be repeated)")
    parser.add_argument("--build", action="store_true", help="also build every source distribution, with no network")
    parser.add_argument("--logs", metavar="LOGS", help="write what failed builds have printed into this folder")
    parser.add_argument(
        "--attestations",
        action="store_true",
        help="fail if this machine cannot check the attestations that the tree carries",
    )
    trusted_root(parser)
    parser.add_argument(
        "--trusted-keys", metavar="FILE", help="fail unless one of these keys has signed what is there (see unpack)"
    )
    return parser


def pack(commands: Commands) -> Parser:
    parser = add(commands, "pack", "write a tree, or what is new in it, to one file to be carried")
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument("output", metavar="OUT", help="the bundle, a tar file; - for standard output")
    parser.add_argument("--since", metavar="OLD", help="only what a tree of this older lock does not have")
    parser.add_argument(
        "--stream",
        metavar="NAME",
        default="default",
        help="the line of trees that it belongs to (default: %(default)s)",
    )
    parser.add_argument("--sign", metavar="KEY", action="append", help="sign with this private key (may be repeated)")
    passphrase_file(parser)
    parser.add_argument(
        "--serial",
        metavar="N",
        type=serial,
        help="its number, which must grow from bundle to bundle; auto is the time in milliseconds (default: none, or"
        " auto if it is signed)",
    )
    parser.add_argument("--expires", metavar="AGE", help="how long it is valid: 30d, 12h, a date, or never")
    parser.add_argument(
        "--volume-size", metavar="SIZE", help="write several files, each smaller than this: 4G for sticks with FAT32"
    )
    parser.add_argument(
        "--portable", action="store_true", help="fail if a name in it would break on Windows, FAT or exFAT"
    )
    return parser


def unpack(commands: Commands) -> Parser:
    parser = add(commands, "unpack", "replace a tree by what a bundle holds, if it may be trusted")
    parser.add_argument(
        "bundle", metavar="BUNDLE", nargs="+", help="the bundle, or its volumes wherever they lie; - for standard input"
    )
    parser.add_argument("directory", metavar="DIR", help="the vendored tree; created if it does not exist")
    parser.add_argument(
        "--trusted-keys",
        metavar="FILE",
        help="keys whose signatures count, as OpenSSH's allowed_signers; the tree remembers them",
    )
    parser.add_argument(
        "--trust", metavar="FINGERPRINT", action="append", help="the key with this fingerprint counts too, from now on"
    )
    parser.add_argument(
        "--threshold", metavar="N", type=number(1, 16, "a number"), help="how many of them have to sign (default: 1)"
    )
    parser.add_argument(
        "--stream", metavar="NAME", help="the stream that the tree follows (default: that of its first)"
    )
    parser.add_argument("--allow-older", action="store_true", help="take a bundle that is older than what is there")
    parser.add_argument("--allow-expired", action="store_true", help="take a bundle that has expired")
    parser.add_argument("--check", action="store_true", help="read and check all of it, and change nothing")
    return parser


def repair(commands: Commands) -> Parser:
    parser = add(commands, "repair", "replace the damaged and missing files of a tree")
    parser.add_argument("directory", metavar="DIR", help="a vendored tree")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="OTHER",
        action="append",
        help="a vendored tree, a folder of files or a bundle that has them (may be repeated; by default, the indexes)",
    )
    lock(parser, "whose indexes are asked without --from; default: the tree's own")
    parser.add_argument("--cache-dir", metavar="DIR", help="take files from this cache, too")
    return parser


def key(commands: Commands) -> Parser:
    parser = add(commands, "key", "make a key that signs bundles, or show its public half")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = add(actions, "new", "make a key")
    new.add_argument("file", metavar="FILE", help="the private key; its public half goes to FILE.pub")
    new.add_argument("--comment", metavar="TEXT", default="", help="whose it is; shown wherever the key is")
    protection = new.add_mutually_exclusive_group()
    protection.add_argument("--passphrase", action="store_true", help="ask for a passphrase that protects it")
    passphrase_file(protection)
    show = add(actions, "show", "print the line by which others trust a key")
    show.add_argument("file", metavar="FILE", help="the private key, or its public half")
    show.add_argument("--stream", metavar="NAME", default="*", help="trust it for this stream alone")
    return parser
