"""How rules run the Python programs of `tools`."""

load("@rules_wheelhouse_bazel//:actions.bzl", "NO_TOOLCHAIN")
load(":interpreter.bzl", "InterpreterInfo")

def tool_attributes(name):
    """The attributes of a rule that runs a tool.

    Args:
      name: of the tool.

    Returns:
      A dict of attributes.
    """
    return {
        "_interpreter": attr.label(default = Label("//rules/private/bazel:interpreter"), cfg = "exec"),
        "_modules": attr.label(default = Label("//rules/private/tools:modules")),
        "_tool": attr.label(default = Label("//rules/private/tools:%s.py" % name), allow_single_file = True),
    }

def run_tool(ctx, parameters, inputs, outputs, mnemonic, message, **kwargs):
    """Runs the tool of a rule, which reads its parameters from a JSON file.

    Args:
      ctx: of the rule, which has `tool_attributes`.
      parameters: whatever the tool documents; JSON.
      inputs: depset of files.
      outputs: list of files.
      mnemonic: of the action.
      message: what it does.
      **kwargs: for `ctx.actions.run`.
    """
    interpreter = ctx.attr._interpreter[InterpreterInfo]
    file = ctx.actions.declare_file("%s.%s.json" % (ctx.label.name, mnemonic))
    ctx.actions.write(file, json.encode(parameters))
    ctx.actions.run(
        executable = interpreter.path,
        arguments = ["-B", "-E", "-s", ctx.file._tool.path, file.path],
        inputs = depset([file, ctx.file._tool] + ctx.files._modules, transitive = [inputs, interpreter.files]),
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = message,
        **dict(NO_TOOLCHAIN, **kwargs)
    )
