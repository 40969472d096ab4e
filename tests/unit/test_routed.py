"""Several indexes as one: each project, and each file, is asked of one index alone."""

from __future__ import annotations

from packaging.utils import NormalizedName, canonicalize_name

from resolver.index import Project, Routed
from resolver.simple.model import File, LazyFiles, filenames
from tests.support.fake_index import FakeIndex

A, B = canonicalize_name("a"), canonicalize_name("b")


class Lazy(FakeIndex):
    """An index that makes a file when it is looked at; ``made`` are those that were."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.made: list[str] = []

    def project(self, name: NormalizedName) -> Project:
        found = super().project(name)

        def make(number: int) -> File:
            self.made.append(found.files[number].filename)
            return found.files[number]

        lazy = LazyFiles(filenames(found.files), make)
        return Project(name=name, index=self.name, files=lazy, releases=found.releases)


def test_a_file_is_asked_of_the_index_that_listed_it_and_no_other_file_is_looked_at() -> None:
    public = Lazy("public").wheel("a", "1").wheel("a", "2").wheel("b", "9")
    own = Lazy("own").wheel("b", "1")
    routed = Routed({"public": public, "own": own}, {A: "public", B: "own"}.__getitem__, public)
    files = routed.project(A).files
    assert not public.made
    assert routed.wheel_metadata(files[1]).name == "a"
    assert routed.wheel_metadata(routed.project(B).files[0]).name == "b"
    assert (public.made, public.read, own.read) == (
        ["a-2-py3-none-any.whl"],
        ["a-2-py3-none-any.whl"],
        ["b-1-py3-none-any.whl"],
    )
    assert (public.asked, own.asked) == (["a"], ["b"])
