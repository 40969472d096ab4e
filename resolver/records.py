"""Frozen values with named fields, of classes that are made each time the command starts.

``@dataclass(frozen=True, slots=True, kw_only=True)`` writes the source of seven methods for each class and compiles it,
which takes a millisecond, and there are a hundred such classes. A record is a dataclass of that very kind, for type
checkers, `dataclasses.replace`, `fields` and `asdict` too, but its methods are not written for it: they look its fields
up. They take as long as the written ones, but for a hash, which takes twice as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """Only type checkers look at it."""
        return lambda function: function


Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[Class]) -> type[Class]:
    """The class as a frozen dataclass with slots, whose fields are given by name."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)
    parts = fields(made)
    methods = {
        "__init__": _init(made, parts),
        "__repr__": _repr([part.name for part in parts if part.repr]),
        **_comparing([part.name for part in parts if part.compare]),
        "__reduce__": _reduced([part.name for part in parts]),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    for name, method in methods.items():
        setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(made: type, parts: Iterable[Field[Any]]) -> Callable[..., None]:
    stores = {part.name: getattr(made, part.name).__set__ for part in parts}  # of the slots: `__setattr__` refuses
    defaults = {part.name: part.default for part in parts if part.default is not MISSING}
    factories = {part.name: part.default_factory for part in parts if part.default_factory is not MISSING}
    finish = getattr(made, "__post_init__", None)

    def init(self: object, /, **values: object) -> None:
        if len(values) < len(stores):
            values = defaults | values
            values |= {name: make() for name, make in factories.items() if name not in values}
        if values.keys() != stores.keys():
            raise TypeError(f"{made.__name__} has {', '.join(stores)}, and was given {', '.join(values)}")
        for name, value in values.items():
            stores[name](self, value)
        if finish is not None:
            finish(self)

    return init


def _repr(names: Sequence[str]) -> Callable[[object], str]:
    def represented(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return represented


def _comparing(names: Sequence[str]) -> dict[str, Callable[..., object]]:
    """Equality by the values of fields, with values of the very same class, and the hash that goes with it."""
    values = attrgetter(*names)

    def equal(self: object, other: object) -> object:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": digest}


def _reduced(names: Sequence[str]) -> Callable[[object], object]:
    """For copy and pickle, which would set attributes."""

    def reduced(self: object) -> object:
        return _made_again, (type(self), {name: getattr(self, name) for name in names})

    return reduced


def _made_again(cls: type, values: Mapping[str, object]) -> object:
    return cls(**values)


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")
