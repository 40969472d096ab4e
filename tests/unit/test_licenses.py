"""Licences: what metadata states, which of them are allowed, and the report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from resolver.emit.licenses import license_rows, licenses_csv, licenses_json
from resolver.emit.selection import selection
from resolver.licenses.families import may_mean
from resolver.licenses.model import License
from resolver.licenses.policy import LicensePolicy
from resolver.licenses.stated import _SPDX, stated_license
from resolver.lock.model import Lock
from tests.unit.lock_examples import example, wheel

HEAD = "Metadata-Version: 2.4\nName: a\nVersion: 1\n"
BSD = "Classifier: License :: OSI Approved :: BSD License\n"
MIT = "Classifier: License :: OSI Approved :: MIT License\n"


@pytest.mark.parametrize(
    ("text", "shown", "source"),
    [
        ("License-Expression: mit or APACHE-2.0\n", "MIT OR Apache-2.0", "License-Expression"),
        (f"License-Expression: MIT\n{BSD}", "MIT", "License-Expression"),
        (f"License-Expression: not spdx\n{MIT}", "MIT", "Classifier"),
        ("License-Expression: not spdx\n", "not spdx", "License-Expression"),
        ("Classifier: License :: OSI Approved :: Zope Public License\n", "Zope Public License", "Classifier"),
        ("License: ZPL 2.1\n", "ZPL-2.1", "License"),
        (f"License: BSD-3-Clause\n{BSD}", "BSD-3-Clause", "License"),
        ("License: Apache License, Version 2.0\n", "Apache-2.0", "License"),
        ("License: The MIT License (MIT)\n", "MIT", "License"),
        ("License: BSD 3-Clause License\n", "BSD-3-Clause", "License"),
        (BSD, "BSD License", "Classifier"),
        (f"License: BSD\n{BSD}", "BSD License", "Classifier"),
        (f"License: Dual License\n{BSD}{MIT}", "BSD License, MIT", "Classifier"),
        ("License: Our own terms\n", "Our own terms", "License"),
        (
            f"License: {'Permission is granted ' * 9}\n {'more ' * 9}\n",
            "Permission is granted " * 3 + "Permission is ...",
            "License",
        ),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved\n", "unknown", "nothing"),
        ("Classifier: Topic :: Utilities\n\nLicense: MIT\n", "unknown", "nothing"),
    ],
)
def test_what_metadata_states(text: str, shown: str, source: str) -> None:
    found = stated_license(f"{HEAD}{text}".encode())
    assert (str(found).split("...")[0].strip(), found.source) == (shown.split("...", maxsplit=1)[0].strip(), source)
    assert found.is_known == (shown != "unknown")


def test_every_name_leads_to_a_license_of_spdx() -> None:
    for spdx in _SPDX.values():
        assert canonicalize_license_expression(spdx) == spdx


@pytest.mark.parametrize(
    ("text", "allow", "deny", "permitted"),
    [
        ("MIT", "", "", True),
        ("MIT", "mit", "", True),
        ("MIT", "BSD-*", "", False),
        ("MIT OR GPL-3.0-only", "MIT", "", True),
        ("MIT AND GPL-3.0-only", "MIT", "", False),
        ("MIT OR GPL-3.0-only", "", "GPL-*", True),
        ("MIT AND GPL-3.0-only", "", "GPL-*", False),
        ("MIT AND (GPL-3.0-only OR BSD-3-Clause)", "MIT BSD-3-Clause", "", True),
        ("(MIT OR ISC) AND (GPL-3.0-only)", "MIT ISC", "", False),
        ("MIT OR ISC AND GPL-3.0-only", "ISC GPL-3.0-only", "", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", "", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "*with classpath*", "", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT", "", "GPL-2.0-only", True),
    ],
)
def test_policies(text: str, allow: str, deny: str, permitted: bool) -> None:
    policy = LicensePolicy(
        allow=tuple(allow.split() if "classpath" not in allow else [allow]), deny=tuple(deny.split())
    )
    assert policy.permits(License(expression=text, source="License")) is permitted


def test_policies_of_names_and_of_nothing() -> None:
    both = License(names=("BSD License", "MIT"), source="Classifier")
    assert not LicensePolicy(allow=("MIT",)).permits(both)
    assert LicensePolicy(allow=("MIT", "bsd license")).permits(both)
    assert not LicensePolicy(deny=("mit",)).permits(both)
    assert LicensePolicy().permits(License())
    assert not LicensePolicy(allow=("MIT",)).permits(License())
    assert LicensePolicy(allow=("MIT", "unknown")).permits(License())
    assert not LicensePolicy(deny=("unknown",)).permits(License())
    changed = License(names=("MIT with Commons Clause",), source="License")
    assert not LicensePolicy(allow=("MIT",)).permits(changed), "it is no expression: nobody knows what it adds"
    assert LicensePolicy(allow=("MIT*",)).permits(changed)


@pytest.mark.parametrize(
    ("name", "pattern", "denied"),
    [
        ("GPL", "GPL-*", True),
        ("GPLv3", "GPL-3.0-*", True),
        ("GPLv3+", "gpl-*", True),
        ("GNU GPL v3", "GPL-2.0-*", False),
        ("GNU General Public License (GPL)", "GPL-*", True),
        ("GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007 Copyright...", "GPL-3.0-only", True),
        ("GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007 Copyright...", "LGPL-*", False),
        ("GNU Library or Lesser General Public License (LGPL)", "LGPL-*", True),
        ("GNU Library or Lesser General Public License (LGPL)", "GPL-*", False),
        ("LGPL 2.1 or later", "LGPL-2.1-or-later", True),
        ("LGPL with exceptions", "LGPL-3.0-only", True),
        ("GNU Lesser GPL v3", "LGPL-*", True),
        ("GNU Lesser GPL v3", "GPL-*", False),
        ("Affero GPL", "AGPL-*", True),
        ("Affero GPL", "GPL-*", False),
        ("GNU Affero General Public License", "GPL-*", False),
        ("AGPLv3", "GPL-*", False),
        ("MIT/GPL", "GPL-*", True),
        ("BSD License", "BSD-4-Clause", True),
        ("BSD License", "MIT", False),
        ("MPL", "MPL-1.1", True),
        ("MPLv2", "MPL-2.0", True),
        ("Simplified BSD License", "MPL-*", False),
        ("Apache Software License", "Apache-1.*", True),
        ("Our own terms", "*GPL*", False),
    ],
)
def test_a_name_that_may_mean_what_is_not_allowed_is_not(name: str, pattern: str, denied: bool) -> None:
    assert LicensePolicy(deny=(pattern,)).permits(License(names=(name,), source="License")) is not denied
    assert not LicensePolicy(allow=(pattern,)).permits(License(names=(name,), source="License")), "nothing is guessed"


def test_what_names_may_mean_are_licenses_of_spdx() -> None:
    for family in ("AGPL", "LGPL", "GPL", "Apache", "BSD", "CDDL", "EPL", "EUPL", "MPL"):
        assert may_mean(family)
        for spdx in may_mean(family):
            assert canonicalize_license_expression(spdx) == spdx


_IDS = ("MIT", "ISC", "Zlib", "GPL-2.0-only WITH Classpath-exception-2.0")
_expressions = st.recursive(
    st.sampled_from(_IDS),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
)


@given(_expressions, st.sets(st.sampled_from(_IDS)))
def test_expressions_mean_what_python_would(expression: str, allowed: set[str]) -> None:
    text = str(canonicalize_license_expression(expression))
    meant = expression
    for number, name in enumerate(_IDS):
        meant = meant.replace(name, f"v[{number}]")
    meant = meant.replace("AND", "and").replace("OR", "or")
    expected = eval(meant, {"v": [name in allowed for name in _IDS]})
    assert LicensePolicy(allow=tuple(allowed) or ("none",)).permits(License(expression=text)) is expected


def licenses(lock: Lock) -> dict[str, License]:
    return {name: License(expression="MIT", source="License-Expression") for name in lock.artifacts}


def test_the_report_tells_what_builds_from_what_runs() -> None:
    lock = example()
    found = {**licenses(lock), "anvil-1.0-py3-none-any.whl": License(names=("=cmd()",), source="License")}
    rows = license_rows(selection(lock), found)
    assert [(r.project, r.use, r.environments) for r in rows] == [
        ("anvil", "build", ("linux-py311",)),
        ("forge", "build", ("linux-py311",)),
        ("harbor", "run", ("linux-py311", "windows-py313")),
        ("keel", "run", ("linux-py311", "windows-py313")),
        ("mast-tools", "run", ("linux-py311",)),
        ("sail", "run", ("linux-py311", "windows-py313")),
    ]
    assert "anvil,1.0,'=cmd(),License,build,linux-py311,anvil-1.0-py3-none-any.whl" in licenses_csv(rows).splitlines()
    assert licenses_json(rows)[2]["license"]["text"] == "MIT"
    assert [r.project for r in license_rows(selection(lock, ["windows-py313"], []), found)] == [
        "harbor",
        "keel",
        "sail",
    ]


def test_files_of_a_release_that_differ_have_a_row_each() -> None:
    lock = example()
    old = wheel("keel", "1.4", tag="cp313-cp313-win_amd64")
    found = {**licenses(lock), old.filename: License(expression="ISC", source="License")}
    rows = [row for row in license_rows(selection(lock), found) if row.project == "keel"]
    assert [(str(row.license), row.environments) for row in rows] == [
        ("ISC", ("windows-py313",)),
        ("MIT", ("linux-py311",)),
    ]
