"""Logs of WebSocket frames that others keep, read as recordings: HAR files, YAML cassettes, JSON
lines.

Such a log has the frames of both directions, and at best their times. It has no commands and no
clock of a conversation, so it cannot be replayed exactly; it can be observed (see replay).

- HAR, as browsers and Playwright write it: an entry's `_webSocketMessages`, each with `type`
  ("send" or "receive"), `time`, `opcode` (1 text, 2 binary in base64) and `data`. Browsers write
  seconds since 1970, Playwright milliseconds; they are told apart by their size.
- Cassettes: `interactions`, each with `kind` ("message" is a frame), `direction` ("sent" or
  "received") and `data`, the frame's JSON. They have no times. Reading YAML needs PyYAML, the extra
  `replay`.
- JSON lines: a head, then `direction` ("client" or "server") and `frame`, perhaps `t_us`.

Nothing in a log is trusted: whatever is wrong with it is a RecordingError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from attrs import field, frozen

from realtime_proto._elision import AudioPolicy, Cut, pack_frame
from realtime_proto._json import base64_decode, check_json, dumps, loads
from realtime_proto.errors import RecordingError
from realtime_proto.providers import PROVIDERS
from realtime_proto.recording import FORMAT, Head, head_line
from realtime_proto.redaction import Redactor
from realtime_proto.sidecar import audio_out, cut_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from realtime_proto.sidecar import Store

__all__ = ("Direction", "FrameLog", "LoggedFrame", "as_recording", "read_log")

MAX_LOG_BYTES: Final = 512 * 2**20
"""A log is read whole."""

MAX_NODES: Final = 20_000_000
"""Values of a YAML document: an alias can stand for as many as its author likes."""

_LARGEST_SECONDS: Final = 1e11
"""A time of the year 5138 in seconds, of 1973 in milliseconds: what is larger is milliseconds."""

Direction: TypeAlias = Literal["client", "server"]

_HAR: Final[Mapping[str, Direction]] = {"send": "client", "receive": "server"}
_CASSETTE: Final[Mapping[str, Direction]] = {"sent": "client", "received": "server"}
_LINES: Final[Mapping[str, Direction]] = {"client": "client", "server": "server"}


@frozen(kw_only=True)
class LoggedFrame:
    """One frame of a log.

    Args:
        direction: Who sent it.
        frame: The message: text, or bytes where it was binary.
        t_us: Microseconds since the first frame; None where the log has no times.
    """

    direction: Direction
    frame: str | bytes = field(repr=lambda frame: f"<{len(frame)} long>")
    t_us: int | None = None


@frozen(kw_only=True)
class FrameLog:
    """All frames of one connection, in order.

    Args:
        provider: "openai" or "gemini", told by what is said.
        frames: In order.
        source: What the log says of where it comes from.
        dialect: What it says of the variant of the protocol.
        note: What else it says of itself: what it lacks, above all.
    """

    provider: str
    frames: tuple[LoggedFrame, ...]
    source: str = ""
    dialect: str | None = None
    note: str = ""


def read_log(data: bytes, *, load_yaml: Callable[[str], Any] | None = None) -> list[FrameLog]:
    """The connections that a log holds; a HAR file may hold several.

    Args:
        data: The file.
        load_yaml: Reads a YAML document; None takes PyYAML's safe loader, where it is installed.

    Raises:
        RecordingError: It is none of the known formats, or holds no conversation with a known
            provider, or PyYAML is missing.
    """
    if len(data) > MAX_LOG_BYTES:
        raise RecordingError(f"a log of over {MAX_LOG_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordingError("the log is no UTF-8 text") from None
    logs = [log for log in _connections(text, load_yaml) if log.frames]
    if not logs:
        raise RecordingError("the log holds no WebSocket frames")
    return logs


def as_recording(
    log: FrameLog,
    *,
    audio: AudioPolicy = "inline",
    redactor: Redactor | None = None,
    store: Store | None = None,
) -> Iterator[str]:
    """The lines of a recording of *log*.

    Args:
        log: What `read_log` gave.
        audio: "inline" keeps the audio, "sidecar" gives it to the store, "dropped" keeps its length
            and hash.
        redactor: What to take out.
        store: Where audio goes with "sidecar", each piece before the line that refers to it.

    Raises:
        ConfigurationError: "sidecar" without a store.
    """
    redactor = redactor or Redactor()
    out = None
    if audio == "sidecar":
        out = audio_out(store, PROVIDERS[log.provider].dialect().capabilities)
    cuts: Mapping[Direction, Cut] = {
        "client": cut_for("input", audio, out),
        "server": cut_for("output", audio, out),
    }
    head = Head(
        provider=log.provider,
        origin="frames",
        audio=audio,
        redacted=redactor.names,
        source=log.source,
        dialect=log.dialect,
        note=log.note,
    )
    yield dumps(head_line(head, redactor))
    for logged in log.frames:
        time = {} if logged.t_us is None else {"t_us": logged.t_us}
        if out is not None and logged.direction == "server":
            out.heed(logged.frame)
        body = pack_frame(logged.frame, redactor, cut=cuts[logged.direction])
        yield dumps({"kind": "frame", "from": logged.direction, **time, **body})


# --- the formats


def _connections(text: str, load_yaml: Callable[[str], Any] | None) -> Iterable[FrameLog]:
    if not text.strip():
        raise RecordingError("the log is empty")
    if text.lstrip()[:1] != "{":
        return [_cassette(text, load_yaml)]
    try:
        whole = loads(text)
    except ValueError:  # not one JSON object: several, a line each
        return [_lines(text)]
    if isinstance(whole.get("log"), dict):
        return _har(whole["log"])
    return [_lines(text)]


def _har(log: dict[str, Any]) -> Iterator[FrameLog]:
    for n, entry in enumerate(_list(log.get("entries"), "log.entries")):
        where = f"log.entries[{n}]"
        messages = _dict(entry, where).get("_webSocketMessages")
        if messages is None:
            continue
        request = entry.get("request")
        url = request.get("url", "") if isinstance(request, dict) else ""
        frames = [
            frame
            for m, message in enumerate(_list(messages, where))
            if (frame := _har_frame(_dict(message, where), f"{where}._webSocketMessages[{m}]"))
        ]
        yield _log(_from_first(frames), source=str(url)[:500])


def _har_frame(message: dict[str, Any], where: str) -> LoggedFrame | None:
    direction = _HAR.get(str(message.get("type")))
    if direction is None:
        return None  # "error": a browser's note, no frame
    data, time = message.get("data"), message.get("time")
    if not isinstance(data, str):
        raise RecordingError(f"{where} has no data")
    frame: str | bytes = data
    if message.get("opcode") == 2:
        try:
            frame = base64_decode(data)
        except ValueError:
            raise RecordingError(f"{where} is binary and not base64") from None
    return LoggedFrame(direction=direction, frame=frame, t_us=_absolute_us(time))


def _absolute_us(time: object) -> int | None:
    if time.__class__ not in (int, float) or not 0 < time < 1e15:
        return None
    scale = 1_000 if time > _LARGEST_SECONDS else 1_000_000
    return round(time * scale)


def _from_first(frames: list[LoggedFrame]) -> list[LoggedFrame]:
    """With times from the first frame on; without any where one has none."""
    times = [frame.t_us for frame in frames]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return [_at(frame, None) for frame in frames]
    return [_at(frame, time - known[0]) for frame, time in zip(frames, known, strict=True)]


def _at(frame: LoggedFrame, t_us: int | None) -> LoggedFrame:
    return LoggedFrame(direction=frame.direction, frame=frame.frame, t_us=t_us)


def _cassette(text: str, load_yaml: Callable[[str], Any] | None) -> FrameLog:
    value = _yaml(text, load_yaml)
    if not isinstance(value, dict):
        raise RecordingError(
            "this is no log of a known kind: neither a HAR file nor JSON lines, and as a YAML "
            "cassette it is no object"
        )
    frames = []
    for n, interaction in enumerate(_list(value.get("interactions"), "interactions")):
        where = f"interactions[{n}]"
        direction = _CASSETTE.get(str(_dict(interaction, where).get("direction")))
        if interaction.get("kind") != "message" or direction is None:
            continue
        frames.append(LoggedFrame(direction=direction, frame=_as_frame(interaction, "data", where)))
    return _log(frames)


def _yaml(text: str, load_yaml: Callable[[str], Any] | None) -> Any:
    if load_yaml is None:
        try:
            import yaml  # here, not above: it comes with the extra `replay`
        except ImportError:
            raise RecordingError(
                "a YAML cassette needs PyYAML: pip install 'realtime-io[replay]'"
            ) from None
        load_yaml = yaml.safe_load
    try:
        value = load_yaml(text)
    except Exception as exc:  # PyYAML's own errors and what they let through
        raise RecordingError(f"the log is no YAML: {exc!s:.200}") from None
    _check_size(value)
    return value


def _check_size(value: Any) -> None:
    budget, waiting = MAX_NODES, [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
        budget -= 1
        if budget < 0 or len(waiting) > MAX_NODES:
            raise RecordingError(f"the log holds more than {MAX_NODES} values")


def _lines(text: str) -> FrameLog:
    head: dict[str, Any] = {}
    frames = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = loads(line)
        except ValueError as exc:
            raise RecordingError(f"line {number} is no JSON object: {exc}", line=number) from None
        if value.get("format") == FORMAT:
            raise RecordingError("this is a recording already, and no log of others")
        if "frame" not in value:
            head = head or value
            continue
        direction = _LINES.get(str(value.get("direction")))
        if direction is None:
            raise RecordingError(f"line {number} has no direction", line=number)
        t_us = value.get("t_us")
        frame = _as_frame(value, "frame", f"line {number}")
        time = t_us if t_us.__class__ is int else None
        frames.append(LoggedFrame(direction=direction, frame=frame, t_us=time))
    source, dialect, note = (head.get(name) for name in ("source", "dialect", "note"))
    return _log(
        frames,
        source=source if isinstance(source, str) else "",
        dialect=dialect if isinstance(dialect, str) else None,
        note=note if isinstance(note, str) else "",
    )


def _as_frame(body: dict[str, Any], name: str, where: str) -> str:
    value = body.get(name)
    if isinstance(value, str):
        return value
    try:
        return dumps(check_json(_dict(value, f"{where}.{name}")))
    except ValueError as exc:
        raise RecordingError(f"{where}.{name} is no JSON: {exc!s:.200}") from None


# --- what all have


def _log(
    frames: Iterable[LoggedFrame], *, source: str = "", dialect: str | None = None, note: str = ""
) -> FrameLog:
    frames = tuple(frames)
    provider = next((name for frame in frames if (name := _provider_of(frame))), None)
    if frames and provider is None:
        raise RecordingError(
            "the log's frames are those of no known provider: neither OpenAI Realtime nor Gemini "
            "Live"
        )
    return FrameLog(
        provider=provider or "", frames=frames, source=source, dialect=dialect, note=note
    )


def _provider_of(logged: LoggedFrame) -> str | None:
    try:
        value = loads(logged.frame)
    except ValueError:
        return None
    if isinstance(value.get("type"), str):
        return "openai"
    return "gemini" if value.keys() & _GEMINI_MEMBERS else None


_GEMINI_MEMBERS: Final = frozenset(
    {
        "setup",
        "setupComplete",
        "clientContent",
        "client_content",
        "realtimeInput",
        "realtime_input",
        "serverContent",
        "toolCall",
        "toolResponse",
        "tool_response",
    }
)


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise RecordingError(f"{what} is no list")
    return value


def _dict(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordingError(f"{what} is no object")
    return value
