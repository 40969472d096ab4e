"""The targets of a lock's repository: what its generated BUILD files call."""

load("//rules/private/environments:choice.bzl", "environment_choice")
load("//rules/private/environments:decode.bzl", "constraints_of", "interpreter_of")
load("//rules/private/environments:flags.bzl", "string_flag")
load("//rules/private/hub:fresh_lock.bzl", "fresh_lock")
load("//rules/private/index:tree.bzl", "index_targets")
load("//rules/private/libraries:console_script.bzl", "console_script")
load("//rules/private/libraries:library.bzl", "library")
load("//rules/private/libraries:site.bzl", "site")
load("//rules/private/sdists:wheel.bzl", "sdist_wheel", "unbuildable_sdist")
load("//rules/private/wheels:installed.bzl", "dist_info", "installed_wheel")

_PUBLIC = ["//visibility:public"]

_SITE = "//:site"

# It is a package by itself, whose targets have the names that users know.
# buildifier: disable=unnamed-macro
def hub_targets(hub, environments, files, projects, groups = {}, default_python = "", stale = ""):
    """The root of the repository.

    For each environment ENV of the lock, `platform_ENV` is a platform, `is_ENV` a config_setting and `constraint_ENV` a
    constraint value; the flag `environment` names one outright. The libraries are `all` and, for each group,
    `group_GROUP`. The vendored index of all environments is `index`, its tar file `index_tar`, its server `serve`; that of
    one is `index_ENV`, with `index_ENV_tar` and `serve_ENV`. `requirements.bzl` has `requirement("NAME[EXTRA]>=1")`, the
    label of a library.

    Args:
      hub: name of the repository.
      environments: what `decode_environments` returned.
      files: environment -> file names of its artifacts.
      projects: environment -> its projects.
      groups: group -> environment -> its projects.
      default_python: see `choose`.
      stale: why the lock may not be used, where that is so.
    """
    string_flag(name = "environment", build_setting_default = "", visibility = _PUBLIC)
    native.constraint_setting(name = "constraint", visibility = _PUBLIC)
    for name, environment in environments.items():
        native.constraint_value(name = "constraint_" + name, constraint_setting = ":constraint", visibility = _PUBLIC)
        native.config_setting(name = "has_constraint_" + name, constraint_values = [":constraint_" + name])
        native.platform(
            name = "platform_" + name,
            constraint_values = [":constraint_" + name] + constraints_of(environment),
            visibility = _PUBLIC,
        )
        native.config_setting(
            name = "is_" + name,
            flag_values = {":chosen_environment": name},
            visibility = _PUBLIC,
        )
    environment_choice(
        name = "chosen_environment",
        constraints = {name: ":has_constraint_" + name for name in environments},
        default_python = default_python,
        environments = environments,
        flag = ":environment",
        hub = hub,
        stale = stale,
    )
    fresh_lock(name = "fresh_lock", lock = ":lock.json", stale = stale)
    site(
        name = "site",
        environment = _select({name: name for name in environments}, "site"),
        hub = hub,
        interpreter = _select({name: interpreter_of(environment) for name, environment in environments.items()}, "site"),
        visibility = _PUBLIC,
    )
    _collection("all", "the lock", projects)
    for group, members in groups.items():
        _collection("group_" + group, "group %s" % group, members)
    _index("index", "serve", files)
    for environment in files:
        _index("index_" + environment, "serve_" + environment, {environment: files[environment]})

def _index(name, serve, files):
    labels = {"//_files:" + file: True for names in files.values() for file in names}
    index_targets(
        name = name,
        environments = sorted(files),
        files = sorted(labels),
        lock = ":fresh_lock",
        serve = serve,
        visibility = _PUBLIC,
    )

def _collection(name, title, projects):
    library(
        name = name,
        deps = _select(
            {environment: ["//" + project for project in members] for environment, members in projects.items()},
            title,
        ),
        site = _SITE,
        visibility = _PUBLIC,
    )

def project_targets(name, files, installed, dependencies = {}, extras = [], sdists = {}):
    """The package of one project.

    The library has the name of the project, so that `@pypi//requests` is enough; it comes with the extras that the lock
    has of it, and each `extra_EXTRA` is another name for it. `whl` is the wheel, fetched or built, `sdist` the source distribution that it is built from,
    `dist_info` the folder of its metadata, and `bin` runs its console script (`console_script` names another one). `pkg` is
    what rules_python calls the library. Where the project itself has such a name, the target's ends with `_`.

    Args:
      name: of the project, normalised.
      files: environment -> label of its wheel, fetched or built.
      installed: environment -> labels of installed wheels: its own first, then those of its cycle.
      dependencies: environment -> projects outside its cycle.
      extras: extras that the lock has.
      sdists: environment -> label of its source distribution, where it is built.
    """
    library(
        name = name,
        deps = _select(
            {environment: ["//" + other for other in dependencies.get(environment, [])] for environment in files},
            name,
        ),
        installed = _select(installed, name),
        project = name,
        site = _SITE,
        visibility = _PUBLIC,
    )
    for title in ["pkg"] + _extra_names(extras):
        native.alias(name = _beside(name, title), actual = ":" + name, visibility = _PUBLIC)
    native.alias(name = _beside(name, "whl"), actual = _select(files, name), visibility = _PUBLIC)
    if sdists:
        native.alias(
            name = _beside(name, "sdist"),
            actual = _select(sdists, name, "%s is a wheel there, so that the lock has no source distribution of it" % name),
            visibility = _PUBLIC,
        )
    dist_info(
        name = _beside(name, "dist_info"),
        installed = _select({environment: labels[0] for environment, labels in installed.items()}, name),
        visibility = _PUBLIC,
    )
    console_script(
        name = _beside(name, "bin"),
        package = ":" + name,
        visibility = _PUBLIC,
    )

def underscored_targets(name, project, extras = [], has_sdist = False):
    """The package of a project of several words under the name that rules_python gives it, so that labels need not change.

    Args:
      name: of the project, with `_` between its words.
      project: its normalised name.
      extras: extras that the lock has.
      has_sdist: it is built somewhere.
    """
    native.alias(name = name, actual = "//" + project, tags = ["manual"], visibility = _PUBLIC)
    for title in ["bin", "dist_info", "pkg", "whl"] + (["sdist"] if has_sdist else []) + _extra_names(extras):
        native.alias(
            name = _beside(name, title),
            actual = "//%s:%s" % (project, _beside(project, title)),
            tags = ["manual"],
            visibility = _PUBLIC,
        )

# It is a package by itself, for the lists of `requirements.bzl`.
# buildifier: disable=unnamed-macro
def optional_targets(projects):
    """Projects that not every environment has: the library and the wheel where they are, and nothing elsewhere.

    Args:
      projects: project -> its environments.
    """
    for project, environments in projects.items():
        library(
            name = project,
            deps = _where(environments, "//" + project),
            site = _SITE,
            tags = ["manual"],
            visibility = _PUBLIC,
        )
        native.filegroup(
            name = project + ".whl",
            srcs = _where(environments, "//%s:%s" % (project, _beside(project, "whl"))),
            tags = ["manual"],
            visibility = _PUBLIC,
        )

def _where(environments, label):
    values = {"//:is_" + environment: [label] for environment in environments}
    values["//conditions:default"] = []
    return select(values)

def _extra_names(extras):
    return ["extra_" + extra.replace("-", "_") for extra in extras]

def _beside(project, name):
    """The name of a target, where the project itself may be called so."""
    return name + "_" if name == project else name

def sdist_targets(name, sdist, environment, reason = "", machine = {}, wheels = [], **kwargs):
    """A source distribution for one environment: its wheel, and that wheel installed.

    Args:
      name: of the wheel.
      sdist: file name.
      environment: name of the environment.
      reason: why it cannot be built, where that is so.
      machine: `os`, `cpu` and `libc` of the environment.
      wheels: labels of what its build environment holds.
      **kwargs: for `sdist_wheel`.
    """
    if reason:
        unbuildable_sdist(name = name, environment = environment, reason = reason, tags = ["manual"], title = sdist)
    else:
        sdist_wheel(
            name = name,
            environment = environment,
            machine = json.encode(machine),
            sdist = "//_files:" + sdist,
            tags = ["manual"],
            title = sdist,
            wheels = wheels,
            **kwargs
        )
    installed_wheel(name = name + ".installed", tags = ["manual"], wheel = ":" + name)

def _select(values, title, missing = ""):
    return select(
        {"//:is_" + environment: value for environment, value in values.items()},
        no_match_error = missing or "%s is not in the resolution of this environment; it is in those of: %s" % (
            title,
            ", ".join(sorted(values)),
        ),
    )
