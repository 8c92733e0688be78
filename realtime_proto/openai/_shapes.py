"""The dialects: how other servers name and place what GA names and places otherwise.

The classes have GA's shape. The beta dialect, shut off at OpenAI and alive elsewhere, has other
tags for some events, and a flat session and response: `voice` beside `turn_detection`, not below
`audio`, and no `type`. What other servers made of the two lies in between. All of it is data here:
tags, and moves from a flat name to the place in GA.

In: `to_ga` reads every shape, whichever dialect a connection was made for, so that a frame means
the same everywhere. A flat name whose place is taken stays where it is: such a server says the same
thing twice, and the place GA knows wins.

Out: `from_ga` gives the one shape of a dialect. What a dialect cannot say at all (a sample rate
where formats have but names) is a Mismatch.

Both work on JSON objects that nobody else holds, in place, before the codec reads them and after it
wrote them. What a server leaves out or puts where neither shape has it is not here: `leniency`.

Source: openai-python 3.54.0, `types/beta/realtime`; openai-openapi f85dbe2, 2026-08-21; recorded
traffic of Azure Voice Live and xAI, 2026-07.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

from attrs import frozen

from realtime_proto._codec import Mismatch

__all__ = ("FORMATS", "READ", "SHAPES", "TAGS", "Move", "Shape", "from_ga", "is_shaped", "to_ga")

JsonDict: TypeAlias = dict[str, Any]

FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
)
"""Flat name of an audio format -> `type` of the object that GA has."""

TAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "response.text.delta": "response.output_text.delta",
        "response.text.done": "response.output_text.done",
        "response.audio.delta": "response.output_audio.delta",
        "response.audio.done": "response.output_audio.done",
        "response.audio_transcript.delta": "response.output_audio_transcript.delta",
        "response.audio_transcript.done": "response.output_audio_transcript.done",
        "transcription_session.update": "session.update",
        "transcription_session.created": "session.created",
        "transcription_session.updated": "session.updated",
    }
)
"""Tag of the beta dialect -> tag of the same event in GA."""


def _format_in(value: Any) -> Any:
    return {"type": FORMATS.get(value, value)} if isinstance(value, str) else value


_FORMAT_NAMES: Final[Mapping[str, str]] = {kind: name for name, kind in FORMATS.items()}


def _format_out(value: Any) -> Any:
    if value is None:
        return None
    kind = value.get("type")
    if kind.__class__ is not str or value.keys() - {"type", "rate"}:
        raise Mismatch(("", "the dialect has but a name for a format"))
    if value.get("rate", 24_000) != 24_000:
        raise Mismatch((".rate", "the dialect knows this format at 24000 Hz alone"))
    return _FORMAT_NAMES.get(kind, kind)


def _as_it_is(value: Any) -> Any:
    return value


@final
@frozen
class Move:
    """A member that stands elsewhere in GA.

    Args:
        flat: Its name in the flat object.
        place: Where GA has it, from the same object.
        read: Its flat value -> its value in GA.
        write: The other way round.
    """

    flat: str
    place: tuple[str, ...]
    read: Callable[[Any], Any] = _as_it_is
    write: Callable[[Any], Any] = _as_it_is


_MODALITIES: Final = Move("modalities", ("output_modalities",))
_VOICE: Final = Move("voice", ("audio", "output", "voice"))
_OUTPUT_FORMAT: Final = Move(
    "output_audio_format", ("audio", "output", "format"), _format_in, _format_out
)
_MAX_TOKENS: Final = Move("max_response_output_tokens", ("max_output_tokens",))
_TURNS: Final = Move("turn_detection", ("audio", "input", "turn_detection"))
_INPUT_FORMAT: Final = Move(
    "input_audio_format", ("audio", "input", "format"), _format_in, _format_out
)
_INPUT_RATE: Final = Move("input_audio_sampling_rate", ("audio", "input", "format", "rate"))
_HEARING: Final = (
    Move("input_audio_transcription", ("audio", "input", "transcription")),
    Move("input_audio_noise_reduction", ("audio", "input", "noise_reduction")),
    _TURNS,
)

_SESSION: Final = (
    _MODALITIES,
    _MAX_TOKENS,
    _VOICE,
    Move("speed", ("audio", "output", "speed")),
    _OUTPUT_FORMAT,
    _INPUT_FORMAT,
    *_HEARING,
)
_RESPONSE: Final = (_MODALITIES, _VOICE, _OUTPUT_FORMAT)
_PARAMS: Final = (*_RESPONSE, _MAX_TOKENS)

READ: Final[Mapping[str, tuple[str, tuple[Move, ...]]]] = {
    "session.update": ("session", (*_SESSION, _INPUT_RATE)),
    "session.created": ("session", (*_SESSION, _INPUT_RATE)),
    "session.updated": ("session", (*_SESSION, _INPUT_RATE)),
    "response.create": ("response", _PARAMS),
    "response.created": ("response", _RESPONSE),
    "response.done": ("response", _RESPONSE),
}
"""Tag -> the member that may be flat, and all the moves there are for it."""

_SESSIONS: Final = ("realtime", "transcription")
"""Sessions that have another shape elsewhere. One of a type nobody knows is left alone."""

_CREATED: Final = frozenset({"audio", "input", "output"})
"""What a move may create on its way; anything else has to be there."""

_SHAPED: Final = TAGS.keys() | READ.keys()
"""Tags of the frames that may have another shape. The others are the many, and pass untouched."""


@final
@frozen(kw_only=True)
class Shape:
    """What a dialect has otherwise than GA.

    Args:
        tags: GA's tag -> its own.
        session: Moves of a session, in the order in which they are made.
        response: Moves of a response.
        params: Moves of what a client asks of a response.
        typed: Whether a session says its `type`.
        parts: GA's `type` of a content part -> its own.
        lacks: GA's tags of the events that the dialect does not have.
    """

    tags: Mapping[str, str] = MappingProxyType({})
    session: tuple[Move, ...] = ()
    response: tuple[Move, ...] = ()
    params: tuple[Move, ...] = ()
    typed: bool = True
    parts: Mapping[str, str] = MappingProxyType({})
    lacks: frozenset[str] = frozenset()


_BETA_TAGS: Final[Mapping[str, str]] = MappingProxyType(
    {ga: beta for beta, ga in TAGS.items() if not beta.startswith("transcription_session.")}
)
_TRANSCRIPTION_TAGS: Final[Mapping[str, str]] = MappingProxyType(
    {ga: beta for beta, ga in TAGS.items() if beta.startswith("transcription_session.")}
)

GA: Final = Shape()
"""The shape of the classes."""

SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "ga": GA,
        "beta": Shape(
            tags=_BETA_TAGS,
            session=_SESSION,
            response=_RESPONSE,
            params=_PARAMS,
            typed=False,
            parts={"output_text": "text", "output_audio": "audio"},
            lacks=frozenset(
                {
                    "conversation.item.added",
                    "conversation.item.done",
                    "input_audio_buffer.dtmf_event_received",
                    "input_audio_buffer.timeout_triggered",
                }
            ),
        ),
        "azure": Shape(lacks=frozenset({"rate_limits.updated"})),
        "azure-voice-live": Shape(
            tags=_BETA_TAGS,
            session=(_INPUT_RATE, *_SESSION),
            response=_RESPONSE,
            params=_PARAMS,
            typed=False,
            lacks=frozenset({"conversation.item.added"}),
        ),
        "xai": Shape(
            session=(_MODALITIES, _MAX_TOKENS, _VOICE, _TURNS),
            params=(_MODALITIES,),
            typed=False,
            lacks=frozenset({"conversation.item.done", "conversation.item.truncate"}),
        ),
    }
)
"""The dialects by name."""


def is_shaped(tag: str) -> bool:
    """Whether `to_ga` can have something to do with an event of this tag."""
    return tag in _SHAPED


def to_ga(frame: JsonDict) -> list[tuple[str, str]]:
    """Give *frame*, an event of any dialect, GA's shape.

    Args:
        frame: A JSON object whose `type` is a tag that `is_shaped`. It is changed.

    Returns:
        (place in GA, place in the frame) of all that was moved, as paths below "$": where an error
        names the one, the frame has the other.
    """
    tag = frame["type"]
    frame["type"] = TAGS.get(tag, tag)
    member, moves = READ.get(frame["type"], ("", ()))
    inner = frame.get(member)
    if inner.__class__ is not dict:
        return []
    if member == "session":
        flat = "transcription" if tag.startswith("transcription_session.") else "realtime"
        if inner.setdefault("type", flat) not in _SESSIONS:
            return []
    return [
        (f".{member}.{'.'.join(move.place)}", f".{member}.{move.flat}")
        for move in moves
        if move.flat in inner and _placed(inner, move)
    ]


def _placed(inner: JsonDict, move: Move) -> bool:
    *way, last = move.place
    target: Any = inner
    for depth, name in enumerate(way):
        if name not in target and _CREATED.issuperset(way[depth:]):
            target[name] = {}
        target = target.get(name)
        if target.__class__ is not dict:
            return False
    if last in target:
        return False
    target[last] = move.read(inner.pop(move.flat))
    return True


def from_ga(frame: JsonDict, shape: Shape) -> None:
    """Give *frame*, an event in GA's shape, that of a dialect.

    Args:
        frame: A JSON object as the codec wrote it. It is changed.
        shape: The dialect.

    Raises:
        Mismatch: The dialect cannot say it.
    """
    if shape is GA:
        return
    tag = frame["type"]
    frame["type"] = shape.tags.get(tag, tag)
    if shape.parts:
        _rename_parts(frame, shape.parts)
    member, _ = READ.get(tag, ("", ()))
    inner = frame.get(member)
    if inner.__class__ is not dict:
        return
    if member == "session":
        kind = inner.get("type")
        if kind not in _SESSIONS:
            return
        if not shape.typed:
            del inner["type"]
            if kind == "transcription" and shape.tags:
                frame["type"] = _TRANSCRIPTION_TAGS[tag]
        moves = shape.session
    else:
        moves = shape.params if tag == "response.create" else shape.response
    for move in moves:
        _take_out(inner, move, member)


def _take_out(inner: JsonDict, move: Move, member: str) -> None:
    *way, last = move.place
    owners = [inner]
    for name in way:
        below = owners[-1].get(name)
        if below.__class__ is not dict:
            return
        owners.append(below)
    if last not in owners[-1]:
        return
    try:
        inner[move.flat] = move.write(owners[-1].pop(last))
    except Mismatch as mismatch:
        raise Mismatch(*mismatch.below(f".{member}.{'.'.join(move.place)}")) from None
    for owner, name in zip(reversed(owners[:-1]), reversed(way), strict=True):
        if not owner[name]:
            del owner[name]


def _rename_parts(frame: JsonDict, names: Mapping[str, str]) -> None:
    for item in _items(frame):
        content = item.get("content")
        for part in content if content.__class__ is list else ():
            # An item nobody knows may hold anything.
            kind = part.get("type") if part.__class__ is dict else None
            if kind.__class__ is str and kind in names:
                part["type"] = names[kind]


def _items(frame: JsonDict) -> Iterable[JsonDict]:
    if "item" in frame:
        yield frame["item"]
    response = frame.get("response") or {}
    yield from response.get("output") or ()
    yield from response.get("input") or ()
