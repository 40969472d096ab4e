"""Frozen values with named fields, of classes that are made each time the command starts.

``@dataclass(frozen=True, slots=True, kw_only=True)`` writes the source of seven methods for each class and compiles it,
which takes a millisecond, and there are a hundred such classes; to import `dataclasses` takes another six. A record is
a dataclass of that very kind, for type checkers, `dataclasses.replace`, `fields` and `asdict` too, but its methods are
not written for it: they look its fields up. They take as long as the written ones, but for a hash, which takes twice
as long. `dataclasses` is told of the fields when it first asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

if TYPE_CHECKING:
    from dataclasses import Field

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """Only type checkers look at it."""
        return lambda function: function


Class = TypeVar("Class")
_NONE: Any = object()  # None may be a default


class _Part:
    """A field."""

    def __init__(self, default: object, default_factory: Callable[[], object], *, compare: bool) -> None:
        self.default = default
        self.default_factory = default_factory
        self.compare = compare


def field(*, default_factory: Callable[[], Any] = _NONE, compare: bool = True) -> Any:  # noqa: ANN401  (of any type)
    """A field of a record of which there is more to say, as `dataclasses.field`."""
    return _Part(_NONE, default_factory, compare=compare)


@overload
def record(cls: type[Class], /) -> type[Class]: ...
@overload
def record(*, eq: bool) -> Callable[[type[Class]], type[Class]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[Class] | None = None, /, *, eq: bool = True) -> type[Class] | Callable[[type[Class]], type[Class]]:
    """The class as a frozen dataclass with slots, whose fields are given by name. It has no record above it.

    ``eq`` false: one is equal to itself alone.
    """
    return _made(cls, eq=eq) if cls is not None else lambda cls: _made(cls, eq=eq)


def _made(cls: type[Class], *, eq: bool) -> type[Class]:
    parts = {name: _part(cls, name) for name in cls.__annotations__}
    names = tuple(parts)
    methods = {
        "__repr__": _repr(names),
        **(_comparing([name for name, part in parts.items() if part.compare]) if eq else {}),
        "__reduce__": _reduced(names),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__match_args__": (),
    }
    made: Any = _slotted(cls, names, methods)
    made.__init__ = _init(made, parts)
    made.__dataclass_fields__ = _Fields(made, parts)
    return made  # type: ignore[no-any-return]


def _part(cls: type, name: str) -> _Part:
    said = vars(cls).get(name, _NONE)
    if isinstance(said, _Part):
        return said
    if hasattr(said, "default_factory"):
        raise TypeError(f"{cls.__name__}.{name}: a record needs `resolver.records.field`")
    return _Part(said, _NONE, compare=True)


def _slotted(cls: type, names: tuple[str, ...], methods: Mapping[str, object]) -> type:
    """The class once more, with ``methods``: slots are laid out when a class is made."""
    left = {*names, "__dict__", "__weakref__"}
    contents = {name: value for name, value in vars(cls).items() if name not in left}
    more = {**methods, "__slots__": names, "__qualname__": cls.__qualname__}
    return type(cls)(cls.__name__, cls.__bases__, {**contents, **more})


class _Fields:
    """What makes a class a dataclass for `dataclasses`, made when that first looks."""

    def __init__(self, made: type, parts: Mapping[str, _Part]) -> None:
        self._made = made
        self._parts = parts

    def __get__(self, instance: object, owner: type) -> dict[str, Field[Any]]:
        import dataclasses  # noqa: PLC0415  (whoever looks has it)

        stated: dict[str, object] = {}
        for name, part in self._parts.items():
            given = {"default": part.default, "default_factory": part.default_factory}
            known: Any = {key: value for key, value in given.items() if value is not _NONE}
            stated[name] = dataclasses.field(**known, compare=part.compare)
        doc = self._made.__doc__ or "-"  # where there is none, one is made of the signature, which takes milliseconds
        said = {"__doc__": doc, "__annotations__": self._made.__annotations__}
        plain = type(self._made.__name__, (), {**stated, **said})
        found: dict[str, Field[Any]] = vars(
            dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(plain)
        )["__dataclass_fields__"]
        type.__setattr__(self._made, "__dataclass_fields__", found)
        return found


def _init(made: type, parts: Mapping[str, _Part]) -> Callable[..., None]:
    stores = [(name, getattr(made, name).__set__) for name in parts]  # of the slots: `__setattr__` refuses
    defaults = {name: part.default for name, part in parts.items() if part.default is not _NONE}
    factories = {name: part.default_factory for name, part in parts.items() if part.default_factory is not _NONE}
    finish = getattr(made, "__post_init__", None)

    def refusal(values: Mapping[str, object]) -> TypeError:
        return TypeError(f"{made.__name__} has {', '.join(parts)}, and was given {', '.join(values)}")

    def init(self: object, /, **values: object) -> None:
        if len(values) < len(stores):
            values = defaults | values
            values |= {name: make() for name, make in factories.items() if name not in values}
        if len(values) != len(stores):
            raise refusal(values)
        try:
            for name, store in stores:
                store(self, values[name])
        except KeyError:
            raise refusal(values) from None
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
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  (nobody should ask for it)

    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")
