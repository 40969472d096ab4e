"""The machine that a configuration is for; asked of the execution platform by what runs there."""

load(":choice.bzl", "machine_select")

MachineInfo = provider(
    doc = "A kind of machine, in the words of the module platforms.",
    fields = {
        "cpu": "Such as x86_64; empty where it is not known.",
        "libc": "glibc or musl.",
        "os": "Such as linux; empty where it is not known.",
    },
)

def _machine_impl(ctx):
    return [MachineInfo(cpu = ctx.attr.cpu, libc = ctx.attr.libc, os = ctx.attr.os)]

_machine = rule(
    implementation = _machine_impl,
    attrs = {
        "cpu": attr.string(),
        "libc": attr.string(),
        "os": attr.string(),
    },
    doc = "Reads its own configuration.",
)

def machine(name, **kwargs):
    """A target that tells for which machine it is configured.

    Args:
      name: of the target.
      **kwargs: common attributes.
    """
    _machine(
        name = name,
        cpu = machine_select("cpu"),
        libc = machine_select("libc"),
        os = machine_select("os"),
        **kwargs
    )
