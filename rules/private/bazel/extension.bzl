"""The symbols of this Bazel for bzlmod, where rules_cc and rules_python are always there. Not loaded from a WORKSPACE."""

load(":symbols.bzl", "bazel_symbols")

def _bazel_impl(module_ctx):
    bazel_symbols(name = "rules_wheelhouse_bazel", bazel_skylib = True, rules_cc = True, rules_python = True)
    if hasattr(module_ctx, "extension_metadata"):
        return module_ctx.extension_metadata(reproducible = True)
    return None

bazel = module_extension(
    implementation = _bazel_impl,
    doc = "What rules_wheelhouse itself takes from Bazel; users need not name it.",
)
