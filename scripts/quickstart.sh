#!/bin/sh
# The main job on real packages: lock four machines, carry every byte, prove it by an install with no network.
set -eu
bin=$1
here=examples/quickstart
tree=$here/vendored

echo "== 1. resolve $here/spec.yaml: four machines, none of them asked"
"$bin/wheelhouse" resolve --spec "$here/spec.yaml"
echo
echo "== 2. vendor every artifact of the lock into $tree"
"$bin/wheelhouse" vendor --lock "$here/lock.json" "$tree"
echo
echo "== 3. prove it: install from the tree alone"
"$bin/python" scripts/prove_offline.py "$here/lock.json" "$tree"
echo
echo "== 4. every byte against the lock, and the installation replayed where this machine can (--build: sources too)"
"$bin/wheelhouse" verify "$tree"

row() {
    printf '  %-32s %s\n' "$1" "$2"
}

echo
echo "What there is now:"
row "$here/lock.json" "exact versions and hashes for every machine, build systems included"
row "$tree/" "an index for pip and uv: carry it anywhere, read it by file:// or serve it"
echo
echo "What to do next:"
row "which file each machine gets" "$bin/wheelhouse show --lock $here/lock.json"
row "what brings a project in" "$bin/wheelhouse why setuptools --lock $here/lock.json"
row "http://127.0.0.1:8080/" "$bin/wheelhouse serve $tree"
row "a spec for a project of yours" "$bin/wheelhouse init pyproject.toml"
