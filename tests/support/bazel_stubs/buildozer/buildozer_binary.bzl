def _repo(ctx):
    ctx.file("BUILD.bazel", "")
_r = repository_rule(_repo)
def _impl(mctx):
    _r(name = "buildozer_binary")
buildozer_binary = module_extension(_impl)
