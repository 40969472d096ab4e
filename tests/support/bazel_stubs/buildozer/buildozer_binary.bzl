"""Stands in for buildozer: a repository of nothing."""

def _repo(ctx):
    ctx.file("BUILD.bazel", "")

_r = repository_rule(_repo)

def _impl(_ctx):
    _r(name = "buildozer_binary")

buildozer_binary = module_extension(_impl)
