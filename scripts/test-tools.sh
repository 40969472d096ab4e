#!/bin/sh
# What the tests use beside Python, where apt can bring it; tests name what is missing and are skipped (never in CI).
set -eu
missing=
for program in unshare ip bwrap cc c++ make dot chromium ssh-keygen; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
# Debian keeps the headers of its own Python apart; extension modules are built against them.
[ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] || missing="$missing Python.h"
# nginx serves a tree, systemd-analyze judges the unit of the server.
nginx=
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { nginx=nginx-light; missing="$missing nginx"; }
command -v systemd-analyze >/dev/null || { nginx="$nginx systemd"; missing="$missing systemd-analyze"; }
# buildifier comes from npm.
npm=
command -v npm >/dev/null || { npm=npm; missing="$missing npm"; }
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    apt-get install -qq -y iproute2 util-linux bubblewrap gcc g++ make python3-dev graphviz chromium openssh-client \
        $nginx $npm >/dev/null
else
    echo "not here, so some tests are skipped:$missing" >&2
fi
