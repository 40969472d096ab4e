#!/bin/sh
# The real Nixes that the tests run, where apt can bring them: that of the system (2.8.0 on Debian bookworm), and the one in the
# tree that bazels.sh makes (2.34). They get stores of their own. Usage: nix.sh; prints nothing when all is here.
set -eu
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    command -v nix-build >/dev/null || echo "not here, so the tests of the Nix rules are skipped: nix" >&2
    exit 0
fi
if ! command -v nix-build >/dev/null; then
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends nix-bin >/dev/null
fi
# Where the stores of the tests are mounted, for the tests alone.
mkdir -p /nix
