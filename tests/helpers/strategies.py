"""Hypothesis strategies for wire classes, derived from the annotations of their attrs fields.

They build what the codec can carry both ways, so that `decode(encode(event)) == event` holds for
every event they give. The annotations understood are those that `_codec` lists in its head.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from realtime_proto._codec import Int64, _is_free, _is_mapping, _is_tuple, _is_union
from realtime_proto.wire import UNSET, JsonObject, UnknownObject, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ("classes_of", "events", "free_json", "free_json_object", "texts")

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
"""Text that UTF-8 can carry."""

_scalars: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bytes: st.binary(max_size=24),
    Int64: st.integers(-(2**63), 2**63 - 1),
}

free_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _scalars[int] | _scalars[float] | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
"""Any JSON both JSON libraries read alike."""

free_json_object: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, free_json, max_size=2)


def events(
    cls_or_union: Any, *, codec_free_json: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Any]:
    """Instances of an attrs class, or of any member of a union of them.

    Args:
        cls_or_union: The class, or the union alias (`ClientEvent`).
        codec_free_json: What stands in fields of free JSON; JSON objects when not given.
    """
    free = free_json_object if codec_free_json is None else codec_free_json
    return st.one_of([_instances(cls, free) for cls in classes_of(cls_or_union)])


def classes_of(cls_or_union: Any) -> tuple[type, ...]:
    """The classes a union lists; of a class, the class."""
    return get_args(cls_or_union) if _is_union(cls_or_union) else (cls_or_union,)


_SELF_DEPTH = 2
"""How often a class that holds itself is drawn along one path: without a bound few draws end."""


@cache
def _instances(
    cls: type, free: st.SearchStrategy[Any], outer: tuple[type, ...] = ()
) -> st.SearchStrategy[Any]:
    if cls is UnknownObject:
        return _unknown_objects(frozenset(), free)
    if cls in _held_by(cls):
        outer = (*outer, cls)
    hints = get_type_hints(cls)
    return st.builds(
        cls, **{field.alias: _values(hints[field.name], free, outer) for field in attrs.fields(cls)}
    )


@cache
def _held_by(cls: type) -> frozenset[type]:
    """The attrs classes that may occur in a value of *cls*, at any depth."""
    found: set[type] = set()
    todo = [cls]
    while todo:
        for hint in get_type_hints(todo.pop()).values():
            new = {held for held in _classes_in(hint) if held not in found}
            found |= new
            todo += new
    return frozenset(found)


def _classes_in(hint: Any) -> Iterator[type]:
    if attrs.has(hint):
        yield hint
    for argument in get_args(hint):
        yield from _classes_in(argument)


def _values(
    hint: Any, free: st.SearchStrategy[Any], outer: tuple[type, ...]
) -> st.SearchStrategy[Any]:
    if hint in _scalars:
        return _scalars[hint]
    if hint == Unset:
        return st.just(UNSET)
    if hint is type(None):
        return st.none()
    if _is_free(hint):
        return free if hint == JsonObject else free_json
    if _is_tuple(hint) and _ends(get_args(hint)[0], outer):
        return st.just(())
    if _is_tuple(hint):
        return st.lists(_values(get_args(hint)[0], free, outer), max_size=2).map(tuple)
    if _is_mapping(get_origin(hint)) and _ends(get_args(hint)[1], outer):
        return st.just({})
    if _is_mapping(get_origin(hint)):
        return st.dictionaries(texts, _values(get_args(hint)[1], free, outer), max_size=2)
    if _is_union(hint):
        members = get_args(hint)
        known = frozenset(getattr(m, "type", None) for m in members if attrs.has(m))
        return st.one_of(
            [
                _unknown_objects(known, free) if m is UnknownObject else _values(m, free, outer)
                for m in members
                if not _ends(m, outer)
            ]
        )
    if attrs.has(hint):
        # Deferred: a field of a class is built only when drawn.
        return st.deferred(lambda: _instances(hint, free, outer))
    raise TypeError(f"no strategy for {hint!r}")


def _ends(hint: Any, outer: tuple[type, ...]) -> bool:
    """Whether *hint* is a class that was drawn inside itself often enough."""
    return outer.count(hint) == _SELF_DEPTH


def _unknown_objects(
    known: frozenset[Any], free: st.SearchStrategy[Any]
) -> st.SearchStrategy[UnknownObject]:
    def build(tag: str, rest: Mapping[str, Any]) -> UnknownObject:
        return UnknownObject(tag=tag, raw={**rest, "type": tag})

    return st.builds(build, texts.filter(lambda tag: tag not in known), free_json_object)
