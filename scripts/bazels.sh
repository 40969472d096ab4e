#!/bin/sh
# The real Bazels that the tests run, where apt can bring them: 4.2.3 of the system, and 7.7.1 in a tree beside it.
# Elsewhere tests use the bazel of the PATH. Usage: bazels.sh; prints nothing when all is here.
set -eu
cd "$(dirname "$0")/.."
sid=.cache/sid
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    command -v bazel >/dev/null || command -v bazelisk >/dev/null ||
        echo "not here, so the tests of the rules are skipped: bazel" >&2
    exit 0
fi
if ! command -v bazel >/dev/null && ! command -v bazelisk >/dev/null; then
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends bazel-bootstrap >/dev/null
fi
[ -e "$sid/.complete" ] && exit 0
command -v mmdebstrap >/dev/null || apt-get install -qq -y --no-install-recommends mmdebstrap >/dev/null
rm -rf "$sid"
mkdir -p "$sid"
echo "installing Bazel 7.7.1 into $sid (a minute or two)"
mmdebstrap --quiet --aptopt='Acquire::Check-Valid-Until "false"' --variant=minbase \
    --include=bazel-bootstrap,nix-bin,ca-certificates,git,python3,python3-venv,python3-dev,gcc,g++,make,iproute2 \
    sid "$sid" >"$sid.log" 2>&1 || { tail -5 "$sid.log" >&2; exit 1; }
# Java has a trust store of its own; it is filled when the host's certificates are installed.
if [ -d /usr/local/share/ca-certificates ]; then
    mkdir -p "$sid/usr/local/share/ca-certificates"
    cp -R /usr/local/share/ca-certificates/. "$sid/usr/local/share/ca-certificates/"
fi
bwrap --bind "$sid" / --dev-bind /dev /dev --proc /proc --ro-bind /sys /sys update-ca-certificates --fresh >>"$sid.log" 2>&1
touch "$sid/.complete"
