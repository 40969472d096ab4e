"""The module extension: a repository for each lock, and one for each of its artifacts."""

load("//rules/private/artifacts:repository.bzl", "wheelhouse_artifact")
load("//rules/private/lock:decode.bzl", "read_lock")
load("//rules/private/resolver:declared.bzl", "declared_tool")
load("//rules/private/resolver:repository.bzl", "wheelhouse_tool")
load(":override.bzl", "overrides_by_lock", "wheelhouse_override")
load(":repository.bzl", "HUB_ATTRIBUTES", "decode_overrides", "wheelhouse_attributes", "wheelhouse_hub")

def _wheelhouse_impl(module_ctx):
    owners = {}
    for module in module_ctx.modules:
        locks = {tag.name: _lock_of(module_ctx, tag) for tag in module.tags.lock}
        projects = {name: _projects_of(lock) for name, (lock, _) in locks.items()}
        overrides = overrides_by_lock([_override(tag) for tag in module.tags.override], projects, module.name)
        for tag in module.tags.lock:
            if tag.name in owners:
                both = {name: True for name in [owners[tag.name], module.name]}
                fail("wheelhouse.lock(name = %r): there are two, of %s; name one of them otherwise" % (
                    tag.name,
                    " and ".join(["the module " + name for name in both]),
                ))
            owners[tag.name] = module.name
            lock, wrong = locks[tag.name]
            _declare(tag, lock, wrong, overrides[tag.name])
    tools = [(module.name, [_tool(tag) for tag in module.tags.tool]) for module in module_ctx.modules]
    wheelhouse_tool(name = "rules_wheelhouse_tool", **declared_tool(tools))
    return _metadata(module_ctx)

def _lock_of(module_ctx, tag):
    """The lock, or None and why: that is an error of its repository alone, and `.resolve`, which mends it, still runs."""
    path = module_ctx.path(tag.lock)
    if hasattr(module_ctx, "watch"):
        module_ctx.watch(path)
    if not path.exists:
        return None, ""
    return read_lock(module_ctx.read(tag.lock), str(tag.lock), _parsed)

def _parsed(text):
    # Each Bazel that has extensions has `default`; Bazel 4 has neither.
    return json.decode(text, default = None)

def _projects_of(lock):
    """None where the lock cannot be read."""
    return None if lock == None else {artifact["project"]: True for artifact in lock["artifacts"].values()}

def _metadata(module_ctx):
    """With the names that the root module ought to have in its `use_repo`, which `bazel mod tidy` writes."""
    if not hasattr(module_ctx, "extension_metadata"):
        return None
    imported = {True: [], False: []}
    for module in module_ctx.modules:
        if module.is_root:
            for tag in module.tags.lock:
                imported[module_ctx.is_dev_dependency(tag)].append(tag.name)
            if module.name == "rules_wheelhouse":
                imported[False].append("rules_wheelhouse_tool")
    return module_ctx.extension_metadata(
        reproducible = True,
        root_module_direct_deps = imported[False],
        root_module_direct_dev_deps = imported[True],
    )

def _tool(tag):
    return {"file": tag.file, "sha256": tag.sha256, "url": tag.url}

def _override(tag):
    return tag.project, tag.lock, wheelhouse_override(
        project = tag.project,
        patches = tag.patches,
        patch_strip = tag.patch_strip,
        system = tag.system,
        env = tag.env,
        pure = tag.pure,
        compiler = tag.compiler,
    )

def _declare(tag, lock, wrong, overrides):
    common = {
        "auth_patterns": tag.auth_patterns,
        "canonical_id": tag.canonical_id,
        "directory": tag.directory,
        "netrc": tag.netrc,
    }
    wheelhouse_hub(
        name = tag.name,
        hub = tag.name,
        lock = tag.lock,
        mirrors = tag.mirrors,
        overrides = overrides,
        python_version = tag.python_version,
        spec = tag.spec,
        wrong = wrong,
        **common
    )
    if lock == None or [index for index in tag.mirrors if index not in lock["indexes"]]:
        return  # an error of the repository above, as long as something is built from it
    for attributes in wheelhouse_attributes(tag.name, lock, decode_overrides(overrides), tag.mirrors, tag.lock):
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
                "lock": attr.string(doc = "The lock that it is for; default: every lock of this module that has the project."),
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
                "url": attr.string(doc = "Where the file lies, instead; its sha256 has to be said."),
            },
            doc = "Where the resolver is, which `.resolve`, `.check` and `index` run: one of `file` and `url`, for all locks.",
        ),
    },
    doc = "Repositories from locks.",
)
