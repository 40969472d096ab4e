"""Console scripts of wheels as programs."""

load("@rules_wheelhouse_bazel//:python.bzl", "py_binary")
load(":library.bzl", "ProjectInfo")

def _main_impl(ctx):
    ctx.actions.expand_template(
        template = ctx.file._template,
        output = ctx.outputs.main,
        substitutions = {"{project}": ctx.attr.project or _project_of(ctx.attr.package), "{script}": ctx.attr.script},
    )

def _project_of(package):
    return package[ProjectInfo].name if ProjectInfo in package else package.label.name

_main = rule(
    implementation = _main_impl,
    attrs = {
        "main": attr.output(mandatory = True),
        "package": attr.label(mandatory = True),
        "project": attr.string(),
        "script": attr.string(),
        "_template": attr.label(default = "//rules/private/libraries:console_script.py", allow_single_file = True),
    },
    doc = "Writes the program that looks up the entry point and calls it.",
)

def console_script(name, package, script = "", project = "", deps = [], **kwargs):
    """A runnable target for a script of a package: a console script (entry points specification), or a program that its wheel brings.

    Args:
      name: of the target.
      package: label of the project in a lock's repository, `@pypi//black`; an extra or an alias of it will do.
      script: name of the script; default: the one named as the project is, or its only one.
      project: name of the project, where `package` is a library of yours that depends on it.
      deps: more libraries, such as plugins.
      **kwargs: for `py_binary`.
    """
    main = name + ".main.py"
    _main(
        name = name + ".main",
        main = main,
        package = package,
        project = project,
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
