"""The module extension: a repository for each lock, and one for each of its artifacts."""

load("//rules/private/artifacts:repository.bzl", "wheelhouse_artifact")
load("//rules/private/lock:decode.bzl", "decode_lock")
load("//rules/private/resolver:repository.bzl", "wheelhouse_tool")
load(":override.bzl", "wheelhouse_override")
load(":repository.bzl", "HUB_ATTRIBUTES", "decode_overrides", "wheelhouse_attributes", "wheelhouse_hub")

def _wheelhouse_impl(module_ctx):
    owners = {}
    for module in module_ctx.modules:
        for tag in module.tags.lock:
            if tag.name in owners:
                fail("wheelhouse.lock(name = %r): the modules %s and %s both have one; name one of them otherwise" % (
                    tag.name,
                    owners[tag.name],
                    module.name,
                ))
            owners[tag.name] = module.name
            _declare(module_ctx, tag, [
                override
                for override in module.tags.override
                if not override.lock or override.lock == tag.name
            ])
    wheelhouse_tool(name = "rules_wheelhouse_tool", **_tool(module_ctx))
    if hasattr(module_ctx, "extension_metadata"):
        return module_ctx.extension_metadata(reproducible = True)
    return None

def _tool(module_ctx):
    """The root module's word on where the resolver is, else that of any other."""
    for module in module_ctx.modules:
        for tag in module.tags.tool:
            return {"file": tag.file, "sha256": tag.sha256, "url": tag.url}
    return {}

def _declare(module_ctx, tag, override_tags):
    rows = [
        wheelhouse_override(
            project = override.project,
            patches = override.patches,
            patch_strip = override.patch_strip,
            system = override.system,
            env = override.env,
            pure = override.pure,
            compiler = override.compiler,
        )
        for override in override_tags
    ]
    common = {
        "auth_patterns": tag.auth_patterns,
        "canonical_id": tag.canonical_id,
        "directory": tag.directory,
        "lock": tag.lock,
        "netrc": tag.netrc,
    }
    wheelhouse_hub(
        name = tag.name,
        hub = tag.name,
        mirrors = tag.mirrors,
        overrides = rows,
        python_version = tag.python_version,
        spec = tag.spec,
        **common
    )
    lock = decode_lock(module_ctx.read(tag.lock), str(tag.lock))
    for attributes in wheelhouse_attributes(tag.name, lock, decode_overrides(rows), tag.mirrors):
        attributes.update(common)
        wheelhouse_artifact(**attributes)

wheelhouse = module_extension(
    implementation = _wheelhouse_impl,
    tag_classes = {
        "lock": tag_class(
            attrs = dict(HUB_ATTRIBUTES, name = attr.string(mandatory = True, doc = "Of the repository.")),
            doc = "A lock, whose targets are in the repository `name`.",
        ),
        "override": tag_class(
            attrs = {
                "compiler": attr.bool(default = True, doc = "Whether its build gets Bazel's C and C++ tool chain."),
                "env": attr.string_dict(doc = "Variables of the process environment of its build."),
                "lock": attr.string(doc = "The lock that it is for; default: every lock of this module."),
                "patch_strip": attr.int(doc = "Leading parts to strip from file names in patches."),
                "patches": attr.label_list(doc = "Patches to what is in its wheels and source distributions."),
                "project": attr.string(mandatory = True, doc = "Name of the project."),
                "pure": attr.bool(doc = "Its source distribution builds for any machine on any other."),
                "system": attr.label_keyed_string_dict(
                    doc = "A program -> the name under which its build looks for it (`build.system` of the spec).",
                ),
            },
            doc = "What this workspace says of one project.",
        ),
        "tool": tag_class(
            attrs = {
                "file": attr.label(doc = "Label of wheelhouse.pyz; default: `dist/wheelhouse.pyz` of these rules."),
                "sha256": attr.string(doc = "Of what lies at the URL."),
                "url": attr.string(doc = "Where the file lies, instead."),
            },
            doc = "Where the resolver is, which `.resolve`, `.check` and `index` run.",
        ),
    },
    doc = "Repositories from locks.",
)
