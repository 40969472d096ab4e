"""An environment -> a list of its top-level modules, each imported by the environment's Python, which is what runs.

A module may be for an extra that nobody asked for, or say itself that it is not there: where it fails for want of
itself or of a module that no distribution of the environment has, while others of its own distribution work, it is
listed as such and no fault.

Parameters: ``skip`` (modules that are not imported), ``environment`` (its name, for messages), ``report`` (a file).
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile

from wheelhouse_tools.failure import Failure, main

_CODE = """
import importlib, json, sys, traceback
def missing(error, name):
    while error is not None:
        if isinstance(error, ModuleNotFoundError):
            return error.name or name
        error = error.__cause__ or error.__context__
failed = {}
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        text = traceback.format_exception_only(type(error), error)[-1].strip()
        failed[name] = [text, missing(error, name)]
with open(sys.argv[1], "w") as file:
    json.dump(failed, file)
"""


def run(parameters):
    """Import everything, the modules of one distribution in one process."""
    found = {
        distribution: [name for name in top_levels(distribution) if name not in parameters["skip"]]
        for distribution in sorted(importlib.metadata.distributions(), key=lambda one: one.metadata["Name"].lower())
    }
    present = {name for modules in found.values() for name in modules}
    lines, faults = [], []
    for distribution, modules in found.items():
        title = "%s %s" % (distribution.metadata["Name"], distribution.version)
        failed = _failures(modules)
        works = [name for name in modules if name not in failed]
        lines.append("%s: %s" % (title, " ".join(works) or "nothing to import"))
        for name, (error, missing) in sorted(failed.items()):
            if works and missing and (missing == name or missing.partition(".")[0] not in present):
                lines.append("    not %s, for want of %s" % (name, missing))
            else:
                faults.append("  %s\n    %s: %s" % (title, name, error))
    if faults:
        raise Failure(
            "in environment %s not every module can be imported:\n%s\n"
            'What cannot be by design is named: checks.imports { skip = [ "module" ]; }'
            % (parameters["environment"], "\n".join(faults))
        )
    with open(parameters["report"], "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))


def top_levels(distribution):
    """Names of the modules and packages that the RECORD of a distribution has at the top, sorted."""
    found = set()
    for path in distribution.files or ():
        top = path.parts[0]
        if len(path.parts) == 1:
            name, dot, ending = top.partition(".")
            importable = ending == "py" or (dot and ending.endswith(("so", "pyd")))
        else:
            name, importable = top, path.suffix in {".py", ".so", ".pyd"}
        if importable and name.isidentifier() and name != "__pycache__":
            found.add(name)
    return sorted(found)


def _failures(modules):
    """Module -> its error, and the module that it found missing or None."""
    if not modules:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        answer = os.path.join(folder, "answer")
        done = subprocess.run(
            [sys.executable, "-B", "-s", "-c", _CODE, answer, *modules],
            cwd=folder,
            env={"HOME": folder, "PATH": os.path.dirname(sys.executable), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if not os.path.exists(answer):
            said = done.stdout.decode("utf-8", "replace").strip()
            return {" ".join(modules): ("ended with code %d: %s" % (done.returncode, said), None)}
        with open(answer, encoding="utf-8") as file:
            return json.load(file)


if __name__ == "__main__":
    main(run)
