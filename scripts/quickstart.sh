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
cat <<EOF

What there is now:
  $here/lock.json   exact versions and hashes for every machine, build systems included
  $tree/    an index for pip and uv: carry it anywhere; file:// or python3 server.py serve it

What to do next:
  $bin/wheelhouse show --lock $here/lock.json            which file each machine gets
  $bin/wheelhouse why setuptools --lock $here/lock.json  what brings a project in
  $bin/wheelhouse serve $tree                   http://127.0.0.1:8080/
  $bin/wheelhouse init pyproject.toml                                      a spec for a project of yours
EOF
