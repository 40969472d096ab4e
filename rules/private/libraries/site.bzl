"""What every library of a lock brings along: a module that runs when a program starts, and what its Python has to be."""

load("@rules_wheelhouse_bazel//:python.bzl", "PyInfo")
load("//rules/private/environments:decode.bzl", "described_interpreter")
load("//rules/private/resolver:launcher.bzl", "runfiles_path")

def _site_impl(ctx):
    module = ctx.actions.declare_file("%s.d/sitecustomize.py" % ctx.label.name)
    expected = ctx.actions.declare_file("%s.d/.wheelhouse-python" % ctx.label.name)
    ctx.actions.expand_template(template = ctx.file._module, output = module, substitutions = {})
    ctx.actions.write(expected, "".join(["%s %s\n" % line for line in sorted(_facts(ctx).items())]))
    return [
        DefaultInfo(files = depset([module]), runfiles = ctx.runfiles([module, expected])),
        PyInfo(
            transitive_sources = depset([module]),
            imports = depset([runfiles_path(ctx, module).rpartition("/")[0]]),
            has_py2_only_sources = False,
            has_py3_only_sources = True,
        ),
    ]

def _facts(ctx):
    return dict(
        ctx.attr.interpreter,
        described = described_interpreter(ctx.attr.interpreter),
        environment = ctx.attr.environment,
        hub = ctx.attr.hub,
    )

site = rule(
    implementation = _site_impl,
    attrs = {
        "environment": attr.string(mandatory = True, doc = "Name of the environment of this configuration."),
        "hub": attr.string(mandatory = True, doc = "Name of the lock's repository, for messages."),
        "interpreter": attr.string_dict(doc = "What its Python has to be, as `interpreter_of` returns it."),
        "_module": attr.label(default = "//rules/private/libraries:site/sitecustomize.py", allow_single_file = True),
    },
    provides = [PyInfo],
    doc = "Completes the path of programs, which end where their Python is not that of the environment.",
)
