"""What a workspace says of one project of a lock, as text that attributes of repositories can hold."""

def wheelhouse_override(
        project,
        patches = [],
        patch_strip = 0,
        system = {},
        env = {},
        pure = False,
        compiler = True):
    """Changes how a project is fetched or built.

    Args:
      project: its name.
      patches: labels of patches to what is in its wheels and source distributions.
      patch_strip: leading parts to strip from file names in patches.
      system: label of a program -> the name under which its build looks for it (`build.system` of the spec).
      env: variables of the process environment of its build.
      pure: its source distribution builds for any machine on any other.
      compiler: whether its build gets Bazel's C and C++ tool chain.

    Returns:
      A string for `overrides`.
    """
    return json.encode({
        "compiler": compiler,
        "env": env,
        "patch_strip": patch_strip,
        "patches": [_absolute(label) for label in patches],
        "project": project,
        "pure": pure,
        "system": {_absolute(label): name for label, name in system.items()},
    })

def _absolute(label):
    text = str(label)
    if text.startswith("@"):
        return text
    if text.startswith("//"):
        return "@" + text
    fail("%s: name it from the root of the workspace, //package:name" % text)
