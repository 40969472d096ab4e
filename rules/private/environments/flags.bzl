"""Build settings that are strings."""

load("@rules_wheelhouse_bazel//:flags.bzl", "BuildSettingInfo")

FlagInfo = provider(
    doc = "The value of a string flag.",
    fields = {"value": "A string; empty where it was not set."},
)

def _string_flag_impl(ctx):
    return [FlagInfo(value = ctx.build_setting_value)]

string_flag = rule(
    implementation = _string_flag_impl,
    build_setting = config.string(flag = True),
    doc = "A string on the command line.",
)

def flag_value(target):
    """The value of a flag of ours, of rules_python or of bazel_skylib.

    Args:
      target: a target with `FlagInfo`, with a provider that has `value`, or with `config_common.FeatureFlagInfo`.

    Returns:
      The string.
    """
    if FlagInfo in target:
        return target[FlagInfo].value
    if BuildSettingInfo != None and BuildSettingInfo in target:
        return target[BuildSettingInfo].value
    if config_common.FeatureFlagInfo in target:
        return target[config_common.FeatureFlagInfo].value
    return ""
