"""Which of the spec's own requirements leave no solution, where one of them shows that by itself.

An explanation that is made from all of them tells of whatever the search met last, which may be something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resolver.resolution.outlook import Outlook
from resolver.resolution.wanted import Wanted

Foreseeing = Callable[[Sequence[Wanted]], Outlook]


def culprits(roots: Sequence[Wanted], foreseeing: Foreseeing) -> list[Wanted]:
    """A few of ``roots`` that have no solution, none of which can be spared; all of them where none is hopeless.

    ``foreseeing`` makes the outlook of some requirements.
    """
    outlook = foreseeing(roots)
    hopeless = next((root for root in roots if outlook.leaves_nothing(root)), None)
    if hopeless is None:
        return list(roots)
    kept = [root for root in roots if root is hopeless or (_bounds(root) and root.key[0] in outlook.consulted)]
    for root in [root for root in kept if root is not hopeless]:
        fewer = [other for other in kept if other is not root]
        if foreseeing(fewer).leaves_nothing(hopeless):
            kept = fewer
    asked = {(root.key[0], root.declared_at) for root in kept}
    return [root for root in roots if (root.key[0], root.declared_at) in asked]


def _bounds(root: Wanted) -> bool:
    """Whether it rules anything out."""
    return bool(root.bounds.text) or root.url is not None or root.exact is not None or root.dead is not None
