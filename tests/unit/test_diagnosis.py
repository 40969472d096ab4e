"""What tools print when something is missing, and what is made of it."""

# ruff: noqa: E501
# What a tool prints is a row.

from __future__ import annotations

import pytest

from resolver.sandbox.diagnosis import diagnose, exceeded
from resolver.sandbox.model import Limits

SPAWN = 'Traceback (most recent call last):\n  File "subprocess.py", line 1955, in _execute_child\n    raise child_exception_type(errno_num, err_msg, err_filename)\n'

MISSES = [
    ("psycopg2", "running egg_info\n\nError: pg_config executable not found.\n\npg_config is required to build psycopg2 from source.", "pg_config"),
    ("a program started by Python", f"{SPAWN}FileNotFoundError: [Errno 2] No such file or directory: 'cargo'", "cargo"),
    ("distutils of old", "unable to execute 'gcc': No such file or directory\nerror: command 'gcc' failed with exit status 1", "gcc"),
    ("setuptools", "building 'x' extension\nerror: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "x86_64-linux-gnu-gcc"),
    ("setuptools under SCons", "scons: Reading SConscript files ...\nCompileError: command 'gcc' failed: No such file or directory:\n  File \"SConstruct\", line 27:\n    env = Environment(", "gcc"),
    ("setuptools with a path", "error: command '/usr/bin/gcc' failed: No such file or directory", "gcc"),
    ("meson without a compiler", "../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang'], ['nvc']]\nThe following exception(s) were encountered:", "cc"),
    ("meson without Fortran", "ERROR: Unknown compiler(s): [['gfortran'], ['flang']]", "gfortran"),
    ("meson without a program", "../meson.build:4:0: ERROR: Program 'swig' not found or not executable", "swig"),
    ("dash", "/bin/sh: 1: mysql_config: not found", "mysql_config"),
    ("dash, alone", "sh: 1: pkg-config: not found", "pkg-config"),
    ("bash", "bash: line 1: cmake: command not found", "cmake"),
    ("setuptools-rust", "error: cargo, the Rust package manager, is not installed or is not on PATH.", "cargo"),
    ("maturin", "Cargo, the Rust package manager, is not installed or is not on PATH.", "cargo"),
    ("pkg-config of crates", "Could not run `PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 pkg-config --libs openssl`\nis `pkg-config` installed?", "pkg-config"),
    ("cc of crates", "error occurred: Failed to find tool. Is `cc` installed?", "cc"),
    ("rustc", "error: linker `cc` not found", "cc"),
    ("mysqlclient", "Trying pkg-config --exists mysqlclient\nException: Can not find valid pkg-config name.\nSpecify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS env vars manually", "pkg-config"),
    ("gssapi", "subprocess.CalledProcessError: Command 'krb5-config --libs gssapi' returned non-zero exit status 127.", "krb5-config"),
    ("pycurl", "__main__.ConfigurationError: Could not run curl-config: [Errno 2] No such file or directory: 'curl-config'", "curl-config"),
    ("mod_wsgi", "RuntimeError: The 'apxs' command appears not to be installed or is not executable. Please check the list", "apxs"),
    ("fiona", "CRITICAL:root:GDAL API version could not be determined: [Errno 2] No such file or directory: 'gdal-config'", "gdal-config"),
    ("cmake without a compiler", "CMake Error at CMakeLists.txt:2 (project):\n  No CMAKE_C_COMPILER could be found.", "cc"),
    ("cmake without a C++ compiler", "CMake Error at CMakeLists.txt:2 (project):\n  No CMAKE_CXX_COMPILER could be found.", "c++"),
    ("scikit-build-core", "scikit_build_core.errors.CMakeNotFoundError: Could not find CMake with version >=3.15", "cmake"),
    ("an old scikit-build", "Problem with the CMake installation, aborting build. CMake executable is cmake", "cmake"),
    ("env", "/usr/bin/env: 'perl': No such file or directory", "perl"),
    ("env in a locale", "/usr/bin/env: \u2018perl\u2019: No such file or directory", "perl"),
    ("a program started by Python, by its cause", f"{SPAWN}FileNotFoundError: [Errno 2] No such file or directory: 'dot'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"x\"\nRuntimeError: Graphviz must be installed", "dot"),
    ("pymssql", "setup.py: platform.system() => 'Linux'\nsetup.py: ERROR: Could not find C compiler", "cc"),
    ("pyqt-builder", "Traceback (most recent call last):\n  File \"x\"\n    raise PyProjectOptionException('qmake',\nsipbuild.pyproject.PyProjectOptionException", "qmake"),
    ("setuptools-rust without rustc", "error: can't find Rust compiler", "rustc"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "log", "missing"), MISSES, ids=[row[0] for row in MISSES])
def test_the_missing_program_is_found_in_the_words_of(name: str, log: str, missing: str) -> None:
    found = diagnose("status", "1", f"running\n{log}\n")
    assert found.missing == (missing,)
    assert found.reason == f"it needs {missing}, which it does not find"


NOTHING_MISSING = [
    "FileNotFoundError: [Errno 2] No such file or directory: 'README'",
    "FileNotFoundError: [Errno 2] No such file or directory: '/build/work/sdist/p-1/requirements.txt'",
    "ModuleNotFoundError: No module named 'cmake'",
    "warning: git was not found, which is no matter",
    "Program pkg-config found: NO",
]


@pytest.mark.parametrize("line", NOTHING_MISSING)
def test_other_failures_name_no_program(line: str) -> None:
    log = f'Traceback (most recent call last):\n  File "setup.py", line 1, in <module>\n{line}\n'
    found = diagnose("status", "1", log)
    assert (found.missing, found.reason) == ((), line)


def test_programs_that_were_looked_for_count_where_the_reason_names_them() -> None:
    log = 'Traceback (most recent call last):\n  File "x", line 1\nRuntimeError: please install bison, or else\n'
    assert diagnose("status", "1", log, ["git", "bison", "or.else", "ins"]).missing == ("bison",)
    assert diagnose("status", "1", "SyntaxError: invalid syntax", ["git"]).missing == ()


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", "its build backend ended with status 1 and said nothing"),
        ("running egg_info\none \n two  \n\nthree\n\n", "one two"),
        ("The 'old' package is deprecated, use 'new'\nin its place.\n\nHow to fix this error:\n- install new\n- set ALLOW=1 to avoid this error\n\nMore is at\nhttps://docs.example/old\n", "The 'old' package is deprecated, use 'new' in its place."),
        ("dist.py:2: UserWarning: one\n  warn(\n\ntwo\n", "two"),
        ("step\n" * 30 + "that was an error in step 30\n\nstopped\n", "that was an error in step 30"),
        ("step\n" * 30 + "\nstopped\n", "stopped"),
        ("See below.\n\nx.c:1:10: fatal error: x.h: No such file\n1 error generated.\n", "x.c:1:10: fatal error: x.h: No such file"),
        ("Looking around.\n\nerror in old setup command: use_2to3 is invalid.\n", "error in old setup command: use_2to3 is invalid."),
        ("error[E0432]: unresolved import\n\nFor more about this error, try rustc\n", "error[E0432]: unresolved import"),
        ('Traceback (most recent call last):\n  File "x"\nValueError: two\nlines\n', "ValueError: two"),
        ('Traceback (most recent call last):\n  File "x"\nKeyError\n\nDuring handling:\n\nTraceback (most recent call last):\n  File "y"\nRuntimeError: last\n', "RuntimeError: last"),
        ("../meson.build:1:0: ERROR: Compiler cc cannot compile programs.\n\nA full log can be found at x\nTraceback (most recent call last):\n  File \"x\"\nsubprocess.CalledProcessError: Command '['meson']' returned non-zero exit status 1.\n", "../meson.build:1:0: ERROR: Compiler cc cannot compile programs."),
        ("Modules/common.h:15:10: fatal error: lber.h: No such file or directory\n   15 | #include <lber.h>\ncompilation terminated.\nerror: Command '['gcc', '-c']' returned non-zero exit status 1.\n", "it needs the header lber.h, which the compiler does not find"),
        ("x.c:1:10: fatal error: 'openssl/ssl.h' file not found\n1 error generated.\nerror: command '/usr/bin/clang' failed with exit code 1\n", "it needs the header openssl/ssl.h, which the compiler does not find"),
        ("/usr/bin/ld: cannot find -lldap: No such file or directory\ncollect2: error: ld returned 1 exit status\nerror: command '/usr/bin/gcc' failed with exit code 1\n", "it needs the library ldap, which the linker does not find"),
        ("x.cpp:196:12: fatal error: longintrepr.h: No such file or directory\n  196 |   #include \"longintrepr.h\"\ncompilation terminated.\nerror: command '/usr/bin/g++' failed with exit code 1\n", "its C code is for Python before 3.11"),
        ("x.cpp:17507:19: error: invalid use of incomplete type \u2018PyFrameObject\u2019 {aka \u2018struct _frame\u2019}\nerror: Command '['g++']' returned non-zero exit status 1.\n", "its C code is for Python before 3.11"),
        ("x.c:9:1: error: \u2018PyLongObject\u2019 has no member named \u2018ob_digit\u2019\nerror: command '/usr/bin/gcc' failed with exit code 1\n", "its C code is for Python before 3.12"),
        ("x.c:3:5: error: \u2018y\u2019 undeclared\n    3 | y;\nerror: Command \"gcc -Wall -c x.c\" failed with exit status 1\n", "x.c:3:5: error: \u2018y\u2019 undeclared"),
        ("x.c:3:5: error: \u2018y\u2019 undeclared\nerror: Command '['gcc', '-c']' returned non-zero exit status 1.\n", "x.c:3:5: error: \u2018y\u2019 undeclared"),
        ("building x\nerror: command 'swig' failed with exit status 1\n", "error: command 'swig' failed with exit status 1"),
        ("x.c:9:1: error: too few arguments to function \u2018_PyLong_AsByteArray\u2019\nerror: command '/usr/bin/gcc' failed with exit code 1\n", "its C code is for Python before 3.13"),
        ("probe.c:1:10: fatal error: a.h: No such file or directory\n" + "checking on\n" * 50 + "error: b\n", "error: b"),
        ("probe.c:1:10: fatal error: a.h: No such file or directory\nTraceback (most recent call last):\n  File \"x\"\nRuntimeError: no\n", "RuntimeError: no"),
        ("x.c:1:10: fatal error: a.h: No such file or directory\nTraceback (most recent call last):\n  File \"x\"\ndistutils.errors.CompileError: command failed\n", "it needs the header a.h, which the compiler does not find"),
        ("scons: Reading SConscript files ...\nCompileError: it did not compile:\n  File \"SConstruct\", line 27:\n    env = Environment(\n  File \"unix.py\", line 329:\n    raise CompileError(msg)\n", "CompileError: it did not compile"),
        ('Traceback (most recent call last):\n  File "x"\nFileNotFoundError: \n\nCould not find it!\nInstall it.\n', "FileNotFoundError: Could not find it!"),
        ('Traceback (most recent call last):\n  File "x", line 1, in f\n    assert ready, (\n           ^^^^^\nAssertionError\n', "AssertionError in `assert ready, (`"),
        ('Traceback (most recent call last):\n  File "x"\nKeyError\n', "KeyError"),
        ('Traceback (most recent call last):\n  File "setup.py", line 3\n    except IOError, e:\n           ^^^^^^^^^^\nSyntaxError: multiple exception types must be parenthesized\n', "SyntaxError: multiple exception types must be parenthesized in `except IOError, e:`"),
        ("\x1b[31mred\x1b[0m\n", "red"),
        ("bell\x07 and \u202e turned\n", "bell  and   turned"),
        ("x" * 5000, "x" * 299 + "…"),
    ],
)  # fmt: skip
def test_a_reason_is_one_plain_line(log: str, reason: str) -> None:
    assert diagnose("status", "1", log).reason == reason


def test_that_a_module_is_not_there_is_told_as_such() -> None:
    def wants(kind: str, error: str) -> bool:
        log = f'Traceback (most recent call last):\n  File "x"\n{error}\n'
        return diagnose(kind, "1", log).wants_module

    assert wants("status", "ModuleNotFoundError: No module named 'torch'")
    assert not wants("status", "ImportError: cannot import name 'x' from 'torch'")
    assert not wants("unavailable", "ModuleNotFoundError: No module named 'torch'")


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("status", "-9", "its build backend was killed by SIGKILL"),
        ("status", "-99", "its build backend was killed by signal 99"),
        ("status", "nonsense", "its build backend ended with status 1 and said nothing"),
        ("unavailable", "Traceback (most recent call last):\n  File \"x\"\nModuleNotFoundError: No module named 'x'\n", "its build backend cannot be imported: ModuleNotFoundError: No module named 'x'"),
        ("archive", "ReadError: not a gzip file", "its archive cannot be unpacked: ReadError: not a gzip file"),
        ("hook", "build_wheel", "its build backend has no hook build_wheel"),
        ("nonsense", "", "its build backend's answer makes no sense: it said nothing"),
        ("forged", "a\nb", "its build backend gave no answer: b"),
    ],
)  # fmt: skip
def test_each_kind_of_failure_has_its_words(kind: str, text: str, reason: str) -> None:
    assert diagnose(kind, text, "").reason == reason


def test_limits_are_named_with_their_figures() -> None:
    limits = Limits(seconds=300, memory=4 << 30, disk=512 << 20)
    assert exceeded("seconds", limits) == "it took longer than 300 s, and was ended"
    assert exceeded("memory", limits) == "it used more than 4 GiB of memory, and was ended"
    assert exceeded("disk", limits) == "it wrote more than 512 MiB, and was ended"
