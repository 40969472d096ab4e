"""A source distribution -> its wheel, in an action whose inputs are its locked build environment."""

load("//rules/private/bazel:tools.bzl", "run_tool", "tool_attributes")
load("//rules/private/environments:decode.bzl", "CONSTRAINED", "described_interpreter")
load("//rules/private/environments:machine.bzl", "MachineInfo")
load(":compiler.bzl", "compiler_of", "has_compiler")

# What the lock names as `system`, and the tool chain of Bazel or the utilities of every build bring.
_BROUGHT = ["c++", "cc", "g++", "gcc", "make"]

# Where utilities of POSIX are on every machine that has any.
_UTILITIES = ["/usr/bin", "/bin"]

_GIVE_PYTHON = (
    "Register a toolchain of {python} for the execution platform, " +
    "or add an environment of the Python that it has to the spec."
)
_GIVE_PROGRAMS = "`wheelhouse.override(system = ...)` says what they are."

_CROSS = """

{sdist} has no wheel for {environment} and is built from source, which takes a machine of its kind: {there}.
This build executes on {here}, and nothing cross-compiles Python extensions by itself. Either
  - register an execution platform of that kind (--extra_execution_platforms),
  - or lock a wheel: pick a release that has one, or drop `sdists: always` for {project},
  - or, where it is pure Python, say so: wheelhouse.override(project = "{project}", pure = True).
"""

_MISSING = """

the build of {sdist} for {environment} needs {programs}, which no index has.
Give what it is to be: wheelhouse.override(project = "{project}", system = {{"//label:of_program": "{first}"}}).
"""

def _sdist_wheel_impl(ctx):
    _check_machine(ctx)
    programs = {name: target for target, name in ctx.attr.programs.items()}
    _check_programs(ctx, programs)
    sdist = ctx.file.sdist
    wheels = ctx.files.wheels
    inputs = [depset([sdist] + wheels)]
    compiler = None
    if _gets_compiler(ctx):
        compiler, files = compiler_of(ctx, ctx.attr._cc_toolchain)
        inputs.append(files)
    tools = [target[DefaultInfo].files_to_run for target in programs.values()]
    directory = ctx.actions.declare_directory("%s.d/wheel" % ctx.label.name)
    run_tool(
        ctx,
        parameters = {
            "backend": ctx.attr.backend,
            "backend_path": ctx.attr.backend_path,
            "compiler": compiler,
            "directory": directory.path,
            "environment": ctx.attr.environment,
            "interpreter": _interpreter(ctx),
            "programs": {name: _program(target) for name, target in programs.items()},
            "remedies": {
                "programs": _GIVE_PROGRAMS,
                "python": _GIVE_PYTHON.format(python = described_interpreter(ctx.attr.interpreter)),
            },
            "sdist": sdist.path,
            "title": ctx.attr.title,
            "utilities": _UTILITIES,
            "variables": ctx.attr.env,
            "wheels": [wheel.path for wheel in wheels],
        },
        inputs = depset(transitive = inputs),
        outputs = [directory],
        mnemonic = "WheelhouseBuild",
        message = "Building %s for %s" % (sdist.basename, ctx.attr.environment),
        tools = tools,
        execution_requirements = {"block-network": "1"},
    )
    return [DefaultInfo(files = depset([directory]), runfiles = ctx.runfiles([directory]))]

def _interpreter(ctx):
    """What the Python that builds has to be; that of a pure wheel need not have the ABI."""
    expected = ctx.attr.interpreter
    return {"version": expected.get("version", "")} if ctx.attr.pure else expected

def _gets_compiler(ctx):
    return ctx.attr.compiler and has_compiler(ctx.attr._cc_toolchain)

def _program(target):
    executable = target[DefaultInfo].files_to_run.executable
    return (executable or target[DefaultInfo].files.to_list()[0]).path

def _check_machine(ctx):
    here = ctx.attr._machine[MachineInfo]
    there = json.decode(ctx.attr.machine)
    differs = [
        aspect
        for aspect, value in [("os", here.os), ("cpu", here.cpu), ("libc", here.libc)]
        if there[aspect] and there[aspect] != value and (value or there[aspect] in CONSTRAINED)
    ]
    if differs and not ctx.attr.pure:
        fail(_CROSS.format(
            sdist = ctx.attr.title,
            environment = ctx.attr.environment,
            there = " ".join([there[aspect] for aspect in ["os", "cpu", "libc"] if there[aspect]]),
            here = "%s %s %s" % (here.os, here.cpu, here.libc if here.os == "linux" else ""),
            project = ctx.attr.project,
        ))

def _check_programs(ctx, programs):
    missing = [name for name in ctx.attr.system if name not in programs and not (name in _BROUGHT and _gets_compiler(ctx))]
    if missing:
        fail(_MISSING.format(
            sdist = ctx.attr.title,
            environment = ctx.attr.environment,
            programs = ", ".join(missing),
            project = ctx.attr.project,
            first = missing[0],
        ))

sdist_wheel = rule(
    implementation = _sdist_wheel_impl,
    attrs = dict(
        tool_attributes("build"),
        backend = attr.string(doc = "Of its build system (PEP 517); empty for that of a project with no pyproject.toml."),
        backend_path = attr.string_list(doc = "Of its build system."),
        compiler = attr.bool(default = True, doc = "Whether the build gets Bazel's C and C++ tool chain."),
        env = attr.string_dict(doc = "Variables of its process environment."),
        environment = attr.string(mandatory = True, doc = "Name of the environment."),
        interpreter = attr.string_dict(mandatory = True, doc = "What the Python of the environment is, as `interpreter_of` returns it."),
        machine = attr.string(mandatory = True, doc = "JSON of `os`, `cpu` and `libc` of the environment."),
        programs = attr.label_keyed_string_dict(
            allow_files = True,
            cfg = "exec",
            doc = "Programs that no index has -> the names under which the build looks for them.",
        ),
        project = attr.string(mandatory = True, doc = "Normalised name of the project."),
        pure = attr.bool(doc = "Whether it builds for any machine on any other."),
        sdist = attr.label(mandatory = True, allow_single_file = True, doc = "The source distribution."),
        system = attr.string_list(doc = "Programs that the lock says it needs."),
        title = attr.string(mandatory = True, doc = "File name of the source distribution, for messages."),
        wheels = attr.label_list(allow_files = True, doc = "What its build environment holds."),
        _cc_toolchain = attr.label(default = "@rules_wheelhouse_bazel//:cc_toolchain"),
        _machine = attr.label(default = "//rules/private/environments:machine", cfg = "exec"),
    ),
    fragments = ["cpp"],
    doc = "Builds a wheel; the output is a folder that holds it, since its backend decides its name.",
)

def _unbuildable_impl(ctx):
    fail("\n\n%s cannot be built for %s: %s\nThe lock is incomplete there; `wheelhouse resolve` says how to complete it.\n" % (
        ctx.attr.title,
        ctx.attr.environment,
        ctx.attr.reason,
    ))

unbuildable_sdist = rule(
    implementation = _unbuildable_impl,
    attrs = {
        "environment": attr.string(mandatory = True, doc = "Name of the environment."),
        "reason": attr.string(mandatory = True, doc = "As the lock says it."),
        "title": attr.string(mandatory = True, doc = "File name of the source distribution."),
    },
    doc = "Fails when something is built that needs it, and says why.",
)
