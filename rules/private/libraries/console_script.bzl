"""Console scripts of wheels as programs."""

load("@rules_wheelhouse_bazel//:python.bzl", "py_binary")

def _main_impl(ctx):
    ctx.actions.expand_template(
        template = ctx.file._template,
        output = ctx.outputs.main,
        substitutions = {"{project}": ctx.attr.project, "{script}": ctx.attr.script},
    )

_main = rule(
    implementation = _main_impl,
    attrs = {
        "main": attr.output(mandatory = True),
        "project": attr.string(mandatory = True),
        "script": attr.string(),
        "_template": attr.label(default = "//rules/private/libraries:console_script.py", allow_single_file = True),
    },
    doc = "Writes the program that looks up the entry point and calls it.",
)

def console_script(name, package, script = "", project = "", deps = [], **kwargs):
    """A runnable target for a console script of a package (entry points specification).

    Args:
      name: of the target.
      package: label of the project in a lock's repository, `@pypi//black`.
      script: name of the script; default: the one named as the project is, or its only one.
      project: name of the project, where the label does not end with it.
      deps: more libraries, such as plugins.
      **kwargs: for `py_binary`.
    """
    main = name + ".main.py"
    _main(
        name = name + ".main",
        main = main,
        project = project or _project_of(package),
        script = script,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    py_binary(
        name = name,
        srcs = [main],
        main = main,
        deps = [package] + deps,
        **kwargs
    )

def _project_of(label):
    return str(label).rpartition("/")[2].rpartition(":")[2]
