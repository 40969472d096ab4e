"""A search that goes through a project release by release has the next ones read meanwhile."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import resolve
from resolver.resolution.wanted import Rules
from resolver.simple.model import File
from tests.support.environments import declare, environment, spec
from tests.support.fake_index import FakeIndex

HERE = environment()


class Hinted(FakeIndex):
    """Notes what is hinted at before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.hints: list[str] = []

    def prefetch_metadata(self, file: File) -> None:
        if file.filename not in self.read and file.filename not in self.hints:
            self.hints.append(file.filename)


def test_the_next_releases_are_hinted_at_once_some_were_refused() -> None:
    index = Hinted()
    for number in range(1, 101):
        index.wheel("a", str(number), "b>=2" if number > 10 else "b")
    index.wheel("b", "1").wheel("b", "2").wheel("c", "1", "b").wheel("d", "1")
    found = resolve(declare("a", "b<2", "c"), HERE, Catalogue(index), Rules(policies=spec("a", "b<2", "c")))
    assert str(found.pins[canonicalize_name("a")].candidate.version) == "10"
    ahead = [name for name in index.hints if name.startswith("a-")]
    assert len(ahead) > 80
    assert not [name for name in index.hints if name.startswith("d-")]
    assert ahead == sorted(ahead, key=lambda name: -int(name.split("-")[1]))
