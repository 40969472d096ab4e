#!/bin/sh
# What the tests use beside Python, where apt can bring it; tests name what is missing and are skipped (never in CI).
set -eu
command -v unshare >/dev/null && command -v ip >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -qq -y iproute2 util-linux >/dev/null
fi
