#!/bin/sh
# Make the virtual environment PYTHON -> VENV and install the project into it ("dev": its tools too).
# On a bare Debian `venv` has no pip to offer: the package that brings it is installed, or named where that is not ours to do.
set -eu
python=$1 venv=$2 extra=${3:-}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    echo "error: $python is older than Python 3.10; try: make PYTHON=python3.12" >&2
    exit 2
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null
    else
        echo "error: $python has no venv module; on Debian: apt-get install python3-venv" >&2
        exit 2
    fi
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
# An old pip knows no dependency groups, and builds source distributions in ways of its own.
"$venv/bin/python" -m pip install --quiet --upgrade "pip>=25.1"
if [ "$extra" = dev ]; then
    "$venv/bin/python" -m pip install --quiet --editable . --group dev
    touch "$venv/.installed-dev"
else
    "$venv/bin/python" -m pip install --quiet --editable .
    touch "$venv/.installed"
fi
