#!/bin/sh
# The resolver as one file for every platform and every Python that it runs on: dist/wheelhouse.pyz. Rules run it, and a
# closed network can carry it. What is compiled in its dependencies is optional, and left out.
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
build=.cache/tool
rm -rf "$build"
mkdir -p "$build" dist
"$python" -m venv "$build/venv"
"$build/venv/bin/python" -m pip install -q --disable-pip-version-check shiv
# jsonschema 4.18 and later need a compiled extension; a marker would leave tomli out on the Python that builds.
"$build/venv/bin/python" -m pip install -q --disable-pip-version-check --no-compile --target "$build/site" \
    . "jsonschema<4.18" "tomli>=2"
find "$build/site" \( -name '*.so' -o -name '*.pyd' -o -name '*__mypyc*' \) -delete
rm -rf "$build/site/bin"
"$build/venv/bin/shiv" --site-packages "$build/site" --reproducible --compressed \
    --python '/usr/bin/env python3' --console-script wheelhouse --output-file "$build/wheelhouse.pyz"
"$python" scripts/tool_main.py "$build/wheelhouse.pyz"
mv "$build/wheelhouse.pyz" dist/wheelhouse.pyz
echo "dist/wheelhouse.pyz: $(wc -c < dist/wheelhouse.pyz) bytes"
