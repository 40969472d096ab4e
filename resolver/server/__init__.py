"""Serve a vendored tree to pip, uv and browsers, and take private packages from twine and `uv publish`.

The Simple API (PEP 503, 691, 700, 714), files, an index page, and the upload API. Standard library only, Python 3.7 and
newer. `wheelhouse vendor` puts it into every tree as one file, and `python3 server.py` there serves the tree that it
lies in: what manifest.json names, what was uploaded to it, and nothing else. `server.py --help` and docs/server.md say
how to run it.
"""
