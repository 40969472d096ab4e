"""A wheel -> the folder that a program gets on its path."""

load("//rules/private/bazel:tools.bzl", "run_tool", "tool_attributes")
load("//rules/private/resolver:launcher.bzl", "runfiles_path")

WheelInfo = provider(
    doc = "A wheel and what installing it makes.",
    fields = {
        "dist_info": "File: a folder that holds the wheel's .dist-info folder.",
        "import_path": "string: the runfiles path of `site_packages`, as PyInfo.imports has it.",
        "site_packages": "File: the folder of its modules, data and type stubs.",
        "wheel": "File: the wheel, or the folder that holds it where it was built.",
    },
)

def _installed_wheel_impl(ctx):
    wheel = ctx.file.wheel
    site_packages = ctx.actions.declare_directory("%s.d/site-packages" % ctx.label.name)
    dist_info = ctx.actions.declare_directory("%s.d/dist-info" % ctx.label.name)
    run_tool(
        ctx,
        parameters = {
            "dist_info": dist_info.path,
            "site_packages": site_packages.path,
            "wheel": wheel.path,
        },
        inputs = depset([wheel]),
        outputs = [site_packages, dist_info],
        mnemonic = "WheelhouseInstall",
        message = "Installing %s" % ctx.label.name,
    )
    return [
        DefaultInfo(files = depset([site_packages])),
        WheelInfo(
            dist_info = dist_info,
            import_path = runfiles_path(ctx, site_packages),
            site_packages = site_packages,
            wheel = wheel,
        ),
    ]

installed_wheel = rule(
    implementation = _installed_wheel_impl,
    attrs = dict(
        tool_attributes("install"),
        wheel = attr.label(mandatory = True, allow_single_file = True, doc = "The wheel, or a folder that holds one."),
    ),
    doc = "Installs one wheel, with nothing of what it depends on.",
)

def _dist_info_impl(ctx):
    return [DefaultInfo(files = depset([ctx.attr.installed[WheelInfo].dist_info]))]

dist_info = rule(
    implementation = _dist_info_impl,
    attrs = {
        "installed": attr.label(mandatory = True, providers = [WheelInfo], doc = "An installed wheel."),
    },
    doc = "The folder of a wheel's metadata: METADATA, RECORD, entry_points.txt, licences.",
)
