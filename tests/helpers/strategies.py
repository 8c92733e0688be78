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
    from collections.abc import Mapping

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


@cache
def _instances(cls: type, free: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if cls is UnknownObject:
        return _unknown_objects(frozenset(), free)
    hints = get_type_hints(cls)
    return st.builds(
        cls, **{field.alias: _values(hints[field.name], free) for field in attrs.fields(cls)}
    )


def _values(hint: Any, free: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if hint in _scalars:
        return _scalars[hint]
    if hint == Unset:
        return st.just(UNSET)
    if hint is type(None):
        return st.none()
    if _is_free(hint):
        return free if hint == JsonObject else free_json
    if _is_tuple(hint):
        return st.lists(_values(get_args(hint)[0], free), max_size=2).map(tuple)
    if _is_mapping(get_origin(hint)):
        return st.dictionaries(texts, _values(get_args(hint)[1], free), max_size=2)
    if _is_union(hint):
        members = get_args(hint)
        known = frozenset(getattr(m, "type", None) for m in members if attrs.has(m))
        return st.one_of(
            [
                _unknown_objects(known, free) if m is UnknownObject else _values(m, free)
                for m in members
            ]
        )
    if attrs.has(hint):
        # Deferred: a class may hold itself, and a field of a class is built only when drawn.
        return st.deferred(lambda: _instances(hint, free))
    raise TypeError(f"no strategy for {hint!r}")


def _unknown_objects(
    known: frozenset[Any], free: st.SearchStrategy[Any]
) -> st.SearchStrategy[UnknownObject]:
    def build(tag: str, rest: Mapping[str, Any]) -> UnknownObject:
        return UnknownObject(tag=tag, raw={**rest, "type": tag})

    return st.builds(build, texts.filter(lambda tag: tag not in known), free_json_object)
