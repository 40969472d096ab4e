"""Programs that know where their files lie among the runfiles, on every Bazel."""

def runfiles_path(ctx, file):
    """Where a file lies below the runfiles.

    Args:
      ctx: of the rule.
      file: a File.

    Returns:
      `repository/path`.
    """
    path = file.short_path
    return path[len("../"):] if path.startswith("../") else "%s/%s" % (ctx.workspace_name, path)

def _launcher_impl(ctx):
    main = ctx.outputs.main
    substitutions = {"{main}": runfiles_path(ctx, main)}
    for target, name in ctx.attr.files.items():
        substitutions["{%s}" % name] = runfiles_path(ctx, target[DefaultInfo].files.to_list()[0])
    for name, value in ctx.attr.values.items():
        substitutions["{%s}" % name] = value
    ctx.actions.expand_template(template = ctx.file.template, output = main, substitutions = substitutions)
    return [DefaultInfo(files = depset([main]))]

launcher = rule(
    implementation = _launcher_impl,
    attrs = {
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "File -> the name under which the template wants its path."),
        "main": attr.output(mandatory = True, doc = "The program to write."),
        "template": attr.label(mandatory = True, allow_single_file = True, doc = "The program, with names in braces."),
        "values": attr.string_dict(doc = "More names -> values."),
    },
    doc = "Fills in the paths of a program's runfiles.",
)
