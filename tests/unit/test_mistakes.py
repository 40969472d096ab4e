"""What a spec says of texts that are no requirements: what is wrong, in words, and what was probably meant."""

from __future__ import annotations

import pytest

from resolver.spec.report import Invalid
from resolver.spec.values import parse_requirement

EXAMPLE = "such as \"requests[socks]>=2.31 ; python_version < '3.13'\""
AFTER_VERSIONS = "expected comma (within version specifier), semicolon (after version specifier)"
OPERATORS = "expected marker operator, one of <=, <, !=, ==, >=, >, ~=, ===, in, not in"


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("black>=", "no version follows >=", EXAMPLE),
        ("black[d] >= 1, < ; python_version > '3'", "no version follows <", EXAMPLE),
        ("six==banana", '"banana" is no version', EXAMPLE),
        ("six (>=1.x)", '"1.x" is no version', 'did you mean "six>=1"?'),
        ("six>=1.*", '>= does not go with "1.*"', 'did you mean "six>=1"?'),
        ("six~=4", '~= does not go with "4"', 'did you mean "six>=4,<5"?'),
        ("six=1", "= compares nothing", 'did you mean "six==1"?'),
        ("six[a] = 1.x ; os_name == 'nt'", "= compares nothing", "did you mean \"six[a]==1.* ; os_name == 'nt'\"?"),
        ("six=>2", "expected semicolon (after name with no version specifier) or end", 'did you mean "six>=2"?'),
        ("six ^1.2", "expected semicolon (after name with no version specifier) or end", 'did you mean "six>=1.2,<2"?'),
        ("six 1.2", "expected semicolon (after name with no version specifier) or end", 'did you mean "six==1.2"?'),
        ("six:1.2", "expected semicolon (after name with no version specifier) or end", 'did you mean "six==1.2"?'),
        ("six > 1 <2", f"{AFTER_VERSIONS} or end", 'did you mean "six>1,<2"?'),
        ("six > 1 and < 3", f"{AFTER_VERSIONS} or end", 'did you mean "six>1,<3"?'),
        (
            "six; python_version > 3",
            "expected a marker variable or quoted string",
            "did you mean \"six ; python_version > '3'",
        ),
        ("six; os_name = 'nt'", OPERATORS, "did you mean \"six ; os_name == 'nt'\"?"),
        ("six ; python_verison < '3'", "expected a marker variable or quoted string", 'did you mean "python_version"?'),
        ("six ; sys_platfrom == 'or'", "expected a marker variable or quoted string", 'did you mean "sys_platform"?'),
        ("six ; wholly_else == '3'", "expected a marker variable or quoted string", EXAMPLE),
        ("-r more.txt", "it is an option", "options stand in requirements files"),
        ("git+https://x/y", "a version control system is no source of files", "name an archive: name @ https://..."),
        ("https://u:p@x/y.whl", "it is a URL without a name", "put the name before the URL: name @ https://..."),
        ("./x.whl", "it is a path", "files are not required by path"),
    ],
)
def test_what_is_no_requirement(text: str, reason: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_requirement(text)
    assert str(caught.value).endswith(f"is not a requirement: {reason}")
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("text", ["six six", "six >= 1 2", "six[", "[x]", "6 = , ;", "six >=1 ;;"])
def test_what_nobody_can_guess_is_told_as_the_parser_does(text: str) -> None:
    with pytest.raises(Invalid, match="is not a requirement: ") as caught:
        parse_requirement(text)
    assert caught.value.hint == EXAMPLE
