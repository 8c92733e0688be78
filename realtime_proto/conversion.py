"""A recording with its audio kept in another way: inline, in files beside it, or dropped.

What was dropped cannot be had back. To drop audio that is in files beside a recording, the files
are not needed: its references say all that is kept of it. Everything else of a recording stays what
it is, records of a later version too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from realtime_proto._elision import cut_more, describe_bytes, drop
from realtime_proto._json import base64_decode, dumps
from realtime_proto.commands import SendAudio, SendImage
from realtime_proto.errors import RecordingError
from realtime_proto.providers import PROVIDERS
from realtime_proto.recording import head_line
from realtime_proto.redaction import Redactor
from realtime_proto.sidecar import audio_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from realtime_proto._elision import Cut
    from realtime_proto.recording import AudioPolicy, Journal
    from realtime_proto.sidecar import AudioDirection, Store

__all__ = ("convert",)

_AUDIO: tuple[str, ...] = (SendAudio.__name__,)
_BYTES: tuple[str, ...] = (SendAudio.__name__, SendImage.__name__)


def convert(journal: Journal, *, audio: AudioPolicy, store: Store | None = None) -> Iterator[str]:
    """The lines of a recording that keeps its audio otherwise.

    Args:
        journal: A recording that was read: with its audio, if that is to be kept.
        audio: What is to become of it.
        store: Where audio goes with "sidecar", each piece before the line that refers to it.

    Raises:
        RecordingError: The audio is not there, or a record is malformed.
        ConfigurationError: "sidecar" without a store.
    """
    changed = _change(journal, audio, store)
    head = attrs.evolve(journal.head, audio=audio)
    yield dumps(head_line(head, Redactor(is_on=False)))
    for record in journal.records:
        try:
            yield dumps(changed(record.body))
        except ValueError as exc:
            message = f"line {record.line}: {exc!s:.300}"
            raise RecordingError(message, line=record.line) from None


def _change(
    journal: Journal, audio: AudioPolicy, store: Store | None
) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    was = journal.head.audio
    if audio == "dropped":
        return partial(
            _cut, heed=lambda _: None, cuts=lambda _: drop, put=_describe, commands=_BYTES
        )
    if was != "inline":
        where = "was dropped" if was == "dropped" else "is in files beside it, which were not read"
        raise RecordingError(f"the audio of this recording {where}")
    if audio == "inline":
        return dict
    spec = PROVIDERS.get(journal.head.provider)
    if spec is None:
        raise RecordingError(f"the provider {journal.head.provider!r:.60} is unknown", line=1)
    out = audio_out(store, spec.dialect().capabilities)
    put = partial(_put, out.put)
    return partial(_cut, heed=out.heed, cuts=out.cut_from, put=put, commands=_AUDIO)


def _cut(
    body: Mapping[str, Any],
    *,
    heed: Callable[[object], None],
    cuts: Callable[[AudioDirection], Cut],
    put: Callable[[Any], Any],
    commands: tuple[str, ...],
) -> Mapping[str, Any]:
    """A record with its audio cut out.

    Args:
        body: The record.
        heed: Takes note of what a server says.
        cuts: Gives what cuts audio out of frames of a direction.
        put: Gives what is to stand for the data of a command.
        commands: Whose data that is.
    """
    kind, command = body.get("kind"), body.get("command")
    if kind == "frame" and body.get("from") == "client":
        return cut_more(body, cuts("input"))
    if kind in ("receive", "frame"):
        heed(body.get("frame"))
        return cut_more(body, cuts("output"))
    if kind != "send" or not isinstance(command, dict):
        return body
    if isinstance(event := command.get("event"), dict):
        command = {**command, "event": cut_more(event, cuts("input"))}
    elif command.get("type") in commands and "data" in command:
        command = {**command, "data": put(command["data"])}
    return {**body, "command": command}


def _describe(data: Any) -> Any:
    """What is kept of the data of a command, or of a reference to it, where nothing is."""
    if isinstance(data, dict):
        return {name: data.get(name) for name in ("n_bytes", "sha256")}
    return describe_bytes(_bytes(data))


def _put(put: Callable[[bytes, AudioDirection], Any], data: Any) -> Any:
    return put(_bytes(data), "input")


def _bytes(data: Any) -> bytes:
    if not isinstance(data, str):
        raise ValueError("the data of a command is no base64")
    return base64_decode(data)
