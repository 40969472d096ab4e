"""The C and C++ tool chain of Bazel, in the words of the variables that build backends read."""

load("@rules_wheelhouse_bazel//:cc.bzl", "CcToolchainInfo", "cc_commands")

_COMPILE = "c-compile"
_COMPILE_CXX = "c++-compile"
_LINK = "c++-link-dynamic-library"
_ARCHIVE = "c++-link-static-library"

def has_compiler(target):
    """Whether there is a tool chain for the platform.

    Args:
      target: of `@rules_wheelhouse_bazel//:cc_toolchain`.

    Returns:
      A bool.
    """
    return CcToolchainInfo in target

def compiler_of(ctx, target):
    """What a build needs to know of a tool chain.

    Args:
      ctx: of the rule, which has the fragment `cpp`.
      target: for which `has_compiler`.

    Returns:
      (parameters as `build.py` takes them, depset of files).
    """
    toolchain = target[CcToolchainInfo]
    features = cc_commands.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    compile = cc_commands.create_compile_variables(feature_configuration = features, cc_toolchain = toolchain, use_pic = True)
    link = cc_commands.create_link_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        is_linking_dynamic_library = True,
    )
    parameters = {
        "ar": _tool(features, _ARCHIVE),
        "cc": _tool(features, _COMPILE),
        "cflags": _flags(features, _COMPILE, compile),
        "cxx": _tool(features, _COMPILE_CXX),
        "cxxflags": _flags(features, _COMPILE_CXX, compile),
        "ldflags": [flag for flag in _flags(features, _LINK, link) if flag != "-shared"],
        "variables": cc_commands.get_environment_variables(
            feature_configuration = features,
            action_name = _COMPILE,
            variables = compile,
        ),
    }
    return parameters, toolchain.all_files

def _tool(features, action):
    return cc_commands.get_tool_for_action(feature_configuration = features, action_name = action)

def _flags(features, action, variables):
    return cc_commands.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = variables,
    )
