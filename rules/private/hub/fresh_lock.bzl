"""The lock, for what may use it only while it is what its spec asks for."""

def _fresh_lock_impl(ctx):
    if ctx.attr.stale:
        fail("\n\n%s\n" % ctx.attr.stale)
    return [DefaultInfo(files = depset([ctx.file.lock]))]

fresh_lock = rule(
    implementation = _fresh_lock_impl,
    attrs = {
        "lock": attr.label(mandatory = True, allow_single_file = True, doc = "lock.json"),
        "stale": attr.string(doc = "Why it may not be used; empty where it may."),
    },
    doc = "Forwards the lock, or fails.",
)
