"""Every event, every field and every known value of the vendor's catalogue has its place here.

The catalogue is machine-readable and not part of the project. A walk over it and over the classes
side by side makes the table: a type of the catalogue stands beside the annotation of the attribute
that carries it, a flat name of the beta dialect beside the place to which it is moved.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from helpers.require import require
from helpers.strategies import classes_of
from helpers.wire import catalogue, missing

from realtime_proto import openai
from realtime_proto._codec import _is_free, _is_mapping, _is_tuple, _is_union
from realtime_proto.openai import events, items, prompt, response, session, tools, translation
from realtime_proto.openai._shapes import FORMATS, READ, TAGS
from realtime_proto.wire import JsonObject, UnknownObject, Unset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

pytestmark = pytest.mark.wire

UNIONS = {
    ("/v1/realtime", "client"): events.ClientEvent,
    ("/v1/realtime", "server"): events.ServerEvent,
    ("/v1/realtime/translations", "client"): translation.TranslationClientEvent,
    ("/v1/realtime/translations", "server"): translation.TranslationServerEvent,
}

FREE = {
    (tools.FunctionTool, "parameters"): "a JSON Schema",
    (items.McpListedTool, "input_schema"): "a JSON Schema",
    (items.McpListedTool, "annotations"): "what an MCP server says of its tool",
    (session.Tracing, "metadata"): "whatever one wants to find a trace by",
}
"""Attributes whose JSON is free by nature."""

VALUES = {
    (events.Conversation, "object"): events.CONVERSATION_OBJECTS,
    (events.RateLimit, "name"): events.RATE_LIMITS,
    (items.FunctionCall, "object"): items.ITEM_OBJECTS,
    (items.FunctionCall, "status"): items.ITEM_STATUSES,
    (items.FunctionCallOutput, "object"): items.ITEM_OBJECTS,
    (items.FunctionCallOutput, "status"): items.ITEM_STATUSES,
    (items.InputImage, "detail"): items.IMAGE_DETAILS,
    (items.Message, "object"): items.ITEM_OBJECTS,
    (items.Message, "role"): items.ROLES,
    (items.Message, "status"): items.ITEM_STATUSES,
    (prompt.PromptCacheBreakpoint, "mode"): prompt.CACHE_MODES,
    (prompt.PromptCacheBreakpoint, "ttl"): prompt.CACHE_TTLS,
    (prompt.PromptFile, "detail"): prompt.PROMPT_FILE_DETAILS,
    (prompt.PromptImage, "detail"): prompt.PROMPT_IMAGE_DETAILS,
    (response.Response, "max_output_tokens"): session.UNLIMITED,
    (response.Response, "object"): response.RESPONSE_OBJECTS,
    (response.Response, "output_modalities"): session.OUTPUT_MODALITIES,
    (response.Response, "status"): response.RESPONSE_STATUSES,
    (response.ResponseAudioOutput, "voice"): session.VOICES,
    (response.ResponseCreateParams, "conversation"): response.CONVERSATIONS,
    (response.ResponseCreateParams, "max_output_tokens"): session.UNLIMITED,
    (response.ResponseCreateParams, "output_modalities"): session.OUTPUT_MODALITIES,
    (response.ResponseCreateParams, "tool_choice"): tools.TOOL_CHOICES,
    (response.StatusDetails, "reason"): response.STATUS_REASONS,
    (response.StatusDetails, "type"): response.STATUS_TYPES,
    (session.NoiseReduction, "type"): session.NOISE_REDUCTIONS,
    (session.PcmFormat, "rate"): session.PCM_RATES,
    (session.RealtimeSession, "include"): session.INCLUDES,
    (session.RealtimeSession, "max_output_tokens"): session.UNLIMITED,
    (session.RealtimeSession, "model"): session.MODELS,
    (session.RealtimeSession, "object"): session.SESSION_OBJECTS,
    (session.RealtimeSession, "output_modalities"): session.OUTPUT_MODALITIES,
    (session.RealtimeSession, "tool_choice"): tools.TOOL_CHOICES,
    (session.RealtimeSession, "tracing"): session.TRACINGS,
    (session.RealtimeSession, "truncation"): session.TRUNCATIONS,
    (session.Reasoning, "effort"): session.REASONING_EFFORTS,
    (session.SecretExpiry, "anchor"): session.SECRET_ANCHORS,
    (session.SemanticVad, "eagerness"): session.EAGERNESS,
    (session.SessionAudioOutput, "voice"): session.VOICES,
    (session.Transcription, "delay"): session.TRANSCRIPTION_DELAYS,
    (session.Transcription, "model"): session.TRANSCRIPTION_MODELS,
    (session.TranscriptionSession, "include"): session.INCLUDES,
    (session.TranscriptionSession, "output_modalities"): session.OUTPUT_MODALITIES,
    (tools.McpTool, "allowed_callers"): tools.CALLERS,
    (tools.McpTool, "connector_id"): tools.CONNECTORS,
    (tools.McpTool, "require_approval"): tools.APPROVALS,
    (translation.SessionOutputAudioDelta, "format"): translation.TRANSLATION_FORMATS,
}
"""Attribute -> the constant that holds its known values."""

WIRE_ONLY = {
    "obfuscation": (
        (events.ConversationItemInputAudioTranscriptionDelta, "obfuscation"),
        (events.ResponseOutputTextDelta, "obfuscation"),
        (events.ResponseOutputAudioTranscriptDelta, "obfuscation"),
        (events.ResponseFunctionCallArgumentsDelta, "obfuscation"),
    ),
    "phase": ((items.Message, "phase"),),
    "reasoning_tokens": ((response.OutputTokenDetails, "reasoning_tokens"),),
    "content": (
        (events.ResponseContentPartAdded, "content"),
        (events.ResponseContentPartDone, "content"),
    ),
    "format": (
        (items.InputAudio, "format"),
        (items.OutputAudio, "format"),
        (items.AudioPart, "format"),
    ),
    "language": ((translation.TranslationTranscription, "language"),),
}
"""What the catalogue lists as seen on the wire and in no schema, and where it is."""

OURS = {
    (events.ConversationItemInputAudioTranscriptionCompleted, "status"): "xAI, recorded",
    (session.NamedVoice, "type"): "Azure Voice Live, recorded",
    (session.NamedVoice, "name"): "Azure Voice Live, recorded",
}
"""What is in neither list."""

LOOSE = {
    "event_id": "the connection fills it in",
    "id": "the server's to give where a client makes the item",
    "bytes": "null or missing would be no reason to lose a transcript",
    "object": "one class serves sessions as sent, which have none",
}
"""Members the catalogue requires and our classes do not, with the reason."""

STRICT = {
    "call_id": "an output can be attached to no call without it, and servers always send it",
    "id": "a response without an id is none",
    "name": "a function without a name is none",
    "output": "always there on the wire, empty at the start",
    "status": "always there on the wire",
    "text": "a part of text without text is none",
}
"""Members our classes require and the catalogue does not, with the reason."""

REST = re.compile("ClientSecretCreateResponse|CallIncoming")
"""Types of the catalogue that no WebSocket carries."""


class Walk:
    """Goes through catalogue and classes side by side, and notes what it saw."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self.types = types
        self.reached: set[str] = set()
        self.fields: set[tuple[type, str]] = set()
        self.values: dict[tuple[type, str], set[Any]] = {}
        self.required: dict[tuple[type, str], set[bool]] = {}
        self.seen: Counter[str] = Counter()

    def event(self, entry: Mapping[str, Any]) -> None:
        """One event of the catalogue."""
        tag = TAGS.get(entry["type"], entry["type"])
        union = UNIONS[entry["endpoint"], entry["direction"]]
        (cls,) = (cls for cls in get_args(union) if cls.type == tag)
        self.object(entry["fields"], (cls,), entry["type"], flat=entry["dialect"] == ["beta"])

    def object(
        self, fields: Mapping[str, Any], classes: Iterable[type], where: str, *, flat: bool
    ) -> None:
        """The members of an object of the catalogue, in the classes that may carry it."""
        classes = tuple(classes)
        assert classes, f"{where}: no class carries this object"
        for name, spec in fields.items():
            place = f"{where}.{name}"
            self.seen["fields"] += 1
            if name == "type" and self.tags(spec, classes, place):
                continue
            found = False
            for cls in classes:
                for owner, attribute in located(cls, name, flat=flat):
                    found = True
                    self.fields.add((owner, attribute))
                    if not flat:
                        key = (owner, attribute)
                        self.required.setdefault(key, set()).add(spec["required"])
                    hint = get_type_hints(owner)[attribute]
                    if spec.get("nullable"):
                        assert type(None) in get_args(hint), f"{place}: null has no place"
                    self.value(spec["type"], spec, hint, (owner, attribute), place, flat=flat)
            assert found, f"{place}: no attribute for it in {[c.__name__ for c in classes]}"

    def tags(self, spec: Mapping[str, Any], classes: Iterable[type], place: str) -> bool:
        """Whether `type` is a tag of the classes; then every value is one of them."""
        known = {cls.type for cls in classes if isinstance(getattr(cls, "type", None), str)}
        if not known:
            return False
        values = set(spec.get("enum") or constants(spec["type"]))
        known |= {flat for flat, ga in TAGS.items() if ga in known}
        if not values:  # a `type` of no listed value
            return True
        assert values <= known, f"{place}: no class for {sorted(values - known)}"
        self.seen["values"] += len(values)
        return True

    def value(
        self,
        expression: str,
        spec: Mapping[str, Any],
        hint: Any,
        owner: tuple[type, str],
        place: str,
        *,
        flat: bool,
    ) -> None:
        """A type of the catalogue beside an annotation."""
        members = [m for m in classes_of(hint) if m not in (type(None), Unset)]
        for kind in alternatives(expression, self.types):
            self.reached.add(kind)
            if array := re.fullmatch("array<(.*)>", kind):
                (inner,) = (get_args(m)[0] for m in members if _is_tuple(m))
                self.value(array[1], spec, inner, owner, f"{place}[]", flat=flat)
            elif mapping := re.fullmatch("map<string,(.*)>", kind):
                (inner,) = (get_args(m)[1] for m in members if _is_string_map(m))
                self.value(mapping[1], spec, inner, owner, f"{place}{{}}", flat=flat)
            elif kind in self.types:
                classes = [m for m in members if attrs.has(m) and m is not UnknownObject]
                fields = self.types[kind]["fields"]
                self.object(fields, fitting(fields, classes, flat=flat), place, flat=flat)
            elif kind == "any":
                assert owner in FREE, f"{place}: free JSON"
                assert JsonObject in members
            else:
                self.scalar(kind, spec, members, owner, place)

    def scalar(
        self, kind: str, spec: Mapping[str, Any], members: list[Any], owner: Any, place: str
    ) -> None:
        """A scalar, and its known values."""
        values = set(constants(kind)) or set(spec.get("enum", ()) if "enum" in kind else ())
        base = re.match("[a-z]+", kind)
        assert base is not None
        wanted = {"string": str, "integer": int, "number": float, "boolean": bool}.get(
            base[0], str if all(isinstance(v, str) for v in values) else int
        )
        if wanted is str and not {str, bytes} & set(members):
            # A flat name for what GA says by an object.
            tags = {m.type for m in members if m is not UnknownObject}
            assert {FORMATS[v] for v in values} <= tags, place
            assert UnknownObject in members, place
            return
        fits = {str: {str, bytes}}.get(wanted, {wanted})
        assert fits & set(members), f"{place}: {kind} is {members}"
        if values:
            self.seen["values"] += len(values)
            self.values.setdefault(owner, set()).update(values)


def located(cls: type, name: str, *, flat: bool) -> Iterator[tuple[type, str]]:
    """(class, attribute) that carries the member *name* of *cls*; moved, where the beta is flat."""
    if name in attrs.fields_dict(cls):
        yield cls, name
    elif flat:
        for move in {move for _, moves in READ.values() for move in moves if move.flat == name}:
            yield from below(cls, move.place)


def below(cls: type, path: tuple[str, ...]) -> Iterator[tuple[type, str]]:
    """(class, attribute) at the end of *path*."""
    if path[0] not in attrs.fields_dict(cls):
        return
    if len(path) == 1:
        yield cls, path[0]
        return
    for member in classes_of(get_type_hints(cls)[path[0]]):
        if attrs.has(member) and member is not UnknownObject:
            yield from below(member, path[1:])


def fitting(fields: Mapping[str, Any], classes: list[type], *, flat: bool) -> list[type]:
    """Those of a union's classes that an object of the catalogue may be: by tag or by members."""
    spec = fields.get("type", {"type": ""})
    values = set(spec.get("enum") or constants(spec["type"]))
    named = [cls for cls in classes if getattr(cls, "type", None) in values]
    return named or [
        cls
        for cls in classes
        if all(list(located(cls, name, flat=flat)) for name in fields if name != "type")
    ]


def constants(kind: str) -> list[Any]:
    """The value of a `const`."""
    found = re.fullmatch('const (?:"(.*)"|([0-9]+))', kind)
    return [] if found is None else [found[1] if found[2] is None else int(found[2])]


def alternatives(expression: str, types: Mapping[str, Any]) -> Iterator[str]:
    """The members of a type expression, unions of the catalogue resolved."""
    depth = 0
    parts = [""]
    for character in expression:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    for part in map(str.strip, parts):
        if types.get(part, {}).get("kind") == "union":
            for variant in types[part]["variants"]:
                yield from alternatives(variant, types)
        else:
            yield part


def _is_string_map(hint: Any) -> bool:
    return not _is_free(hint) and _is_mapping(get_origin(hint))


def wire_classes() -> list[type]:
    """Every class of the package that goes over the wire."""
    found = {value for name in openai.__all__ if attrs.has(value := getattr(openai, name))}
    return sorted(found - {openai.Leniency}, key=lambda cls: cls.__name__)


@pytest.fixture(scope="module")
def walk() -> Walk:
    """A walk over the whole catalogue."""
    require("wire", missing())
    read = catalogue("openai_events")
    made = Walk(read["types"])
    print()
    for entry in read["events"]:
        before = made.seen.copy()
        made.event(entry)
        made.seen["events"] += 1
        new = made.seen - before
        print(
            f"{'/'.join(entry['dialect']):8} {entry['direction']} {entry['type']:60}"
            f" {new['fields']:4} fields {new['values']:4} values"
        )
    print(dict(made.seen))
    return made


def test_every_event_and_field_has_an_attribute(walk: Walk) -> None:
    """Of GA, of the beta dialect and of the translation endpoint, however deep."""
    assert walk.seen["events"] == 89
    unreached = {
        name
        for name, entry in walk.types.items()
        if entry["kind"] == "object" and name not in walk.reached
    }
    assert not {name for name in unreached if not REST.search(name)}


def test_every_known_value_is_a_constant(walk: Walk) -> None:
    """All that the catalogue lists for an attribute, and nothing else."""
    assert {owner: set(constant) for owner, constant in VALUES.items()} == walk.values


def test_every_attribute_is_typed() -> None:
    """None is Any, dict or object, but for JSON that is free by nature."""
    assert len(FREE) <= 10
    loose = {
        (cls, field.name)
        for cls in wire_classes()
        for field in attrs.fields(cls)
        if not typed(get_type_hints(cls)[field.name])
    }
    assert set(FREE) == loose


def typed(hint: Any) -> bool:
    """Whether an annotation says what comes."""
    if _is_union(hint) or _is_tuple(hint):
        return all(typed(member) for member in get_args(hint) if member is not Ellipsis)
    if _is_string_map(hint):
        return typed(get_args(hint)[1])
    return (
        hint in (str, int, float, bool, bytes, type(None), UnknownObject)
        or get_origin(hint) is Literal
        or attrs.has(hint)
    )


def test_every_attribute_is_the_vendors(walk: Walk) -> None:
    """Or was seen on the wire."""
    own = {(cls, field.name) for cls in wire_classes() for field in attrs.fields(cls)}
    seen_only = {place for places in WIRE_ONLY.values() for place in places}
    assert own - walk.fields == seen_only | set(OURS)


def test_what_was_seen_on_the_wire_alone_is_listed(walk: Walk) -> None:
    """By the catalogue, too."""
    listed = {entry["field"] for entry in catalogue("openai_events")["wire_only_fields"]}
    assert listed == set(WIRE_ONLY)


def test_what_is_required_is_what_the_vendor_requires(walk: Walk) -> None:
    """In GA; where it differs, there is a reason."""
    loose, strict = set(), set()
    for (owner, attribute), required in walk.required.items():
        ours = attrs.fields_dict(owner)[attribute].default is attrs.NOTHING
        if required == {True} and not ours:
            loose.add((owner.__name__, attribute))
        if ours and True not in required:
            strict.add((owner.__name__, attribute))
    print(sorted(loose), sorted(strict))
    assert {attribute for _, attribute in loose} == set(LOOSE)
    assert {attribute for _, attribute in strict} == set(STRICT)
