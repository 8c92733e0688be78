"""A recording as the client of a server: the server unchanged, its client from a file."""

from __future__ import annotations

import json
from functools import partial
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from helpers import wire
from helpers.called import (
    event,
    fail,
    frames_said,
    log,
    mute,
    once,
    relayed,
    scripted,
    simulated,
    talk_of,
)
from helpers.recorded import PROVIDERS
from helpers.require import require
from helpers.virtual import BACKENDS, run_virtually

from realtime_io import (
    CallbackError,
    ConfigurationError,
    LocalProtocolError,
    RecordingError,
    ReplayMismatch,
)
from realtime_io.caller import Connected, call
from realtime_io.player import play
from realtime_proto.importing import as_recording, read_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from realtime_io.relay import Channel, Message


@pytest.fixture(name="lines", scope="module", autouse=True)
def lines_fixture() -> tuple[str, ...]:
    """A recording. The other one is made as well, while no event loop runs."""
    talks = {provider: talk_of(provider) for provider in PROVIDERS}
    return talks["openai"]


# --- a server that does as it did


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pace", [0, 1])
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_recorded_conversation_is_had_again(
    provider: str, compare: Any, pace: float, backend: str
) -> None:
    """With a tool and an interruption, in any pace: all that was said is said."""
    lines = talk_of(provider)

    async def main() -> tuple[Connected, ...]:
        async with simulated(provider) as base_url:
            return await call(lines, base_url, compare=compare, pace=pace)

    (connected,) = run_virtually(main, backend=backend)
    assert frames_said(lines) == connected.n_said
    assert connected.n_heard > 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_that_restarted_has_to_restart(provider: str, backend: str) -> None:
    """Where it does, the next connection is made; where it does not, that is a difference."""
    lines = talk_of(provider, True)
    end = next(n for n, line in enumerate(lines, 1) if '"kind":"connection_lost"' in line)

    async def main(over: Callable[[], Awaitable[object]]) -> tuple[Connected, ...]:
        async with simulated(provider, over=over) as base_url:
            return await call(lines, base_url)

    first, second = run_virtually(main, once(partial(anyio.sleep, 2)), backend=backend)
    assert (2, frames_said(lines)) == (first.line, first.n_said + second.n_said)
    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, anyio.sleep_forever, backend=backend)
    assert (end, '"the end"', None) == (
        caught.value.line,
        caught.value.expected,
        caught.value.actual,
    )


# --- ids


def renamed(message: Message, *pairs: tuple[str, str]) -> Message:
    """With each value that begins in one way beginning in another."""
    text = message if isinstance(message, str) else message.decode()
    for old, new in pairs:
        text = text.replace(f':"{old}', f':"{new}')
    return text if isinstance(message, str) else text.encode()


NAMES = (("item_", "thing-"), ("call_", "ring-"), ("function-call_", "f-"), ("resp_", "answer-"))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_server_made_is_called_as_it_calls_it(
    provider: str, compare: Any, backend: str
) -> None:
    """The call that is answered, the item that is cut: the ids of then are never said."""
    said: list[str] = []

    def back(message: Message) -> Message:
        said.append(message if isinstance(message, str) else message.decode())
        return renamed(message, *((new, old) for old, new in NAMES))

    def there(message: Message) -> Message:
        return renamed(message, *NAMES)

    async def main() -> None:
        async with simulated(provider, from_server=there, from_client=back) as base_url:
            await call(talk_of(provider), base_url, compare=compare)

    run_virtually(main, backend=backend)
    recorded = [
        frame["frame"] for line in talk_of(provider) for frame in json.loads(line).get("frames", ())
    ]
    n_named = naming(recorded, [old for old, _ in NAMES])
    assert n_named > 0
    assert (0, n_named) == (
        naming(said, [old for old, _ in NAMES]),
        naming(said, [new for _, new in NAMES]),
    )


def naming(frames: list[str], beginnings: list[str]) -> int:
    """How many frames have a value that begins like that."""
    return sum(any(f':"{text}' in frame for text in beginnings) for frame in frames)


# --- a server that does something else


def without(kind: str) -> Callable[[Message], Message | None]:
    return lambda message: None if f'"type":"{kind}"' in str(message) else message


def instead(kind: str, frame: str) -> Callable[[Message], Message | None]:
    return lambda message: frame if f'"type":"{kind}"' in str(message) else message


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("from_server", "expected", "actual"),
    [
        (without("response.created"), '"response.created"', '"response.output_item.added"'),
        (without("session.created"), '"session.created"', "None"),
        (
            instead("response.created", '{"type":"error","error":{"message":"too busy"}}'),
            '"response.created"',
            '"error: too busy"',
        ),
        (without("response.output_audio.delta"), '"response.output_audio.delta"', '"response.'),
        (instead("session.updated", "hello"), '"session.updated"', '"no JSON"'),
    ],
)
def test_a_difference_names_line_path_expected_and_actual(
    lines: Sequence[str], from_server: Any, expected: str, actual: str, backend: str
) -> None:
    """The first one ends it."""
    line = next(n for n, text in enumerate(lines, 1) if expected.strip('"') in text)

    async def main() -> None:
        async with simulated("openai", from_server=from_server) as base_url:
            await call(lines, base_url)

    with pytest.raises(ReplayMismatch) as caught:
        run_virtually(main, backend=backend)
    error = caught.value
    assert (line, "$.frame.type", expected) == (error.line, error.path, error.expected)
    assert str(error.actual).startswith(actual)
    said = "did not say it" if error.actual is None else f"said {error.actual}"
    assert (
        f"line {line} of the recording, $.frame.type: expected {expected}, and the server {said}"
    ) == str(error)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_may_look_at_what_types_do_not_tell(lines: Sequence[str], backend: str) -> None:
    """It sees events of the same type; what it raises is told."""

    def same_words(was: Mapping[str, Any], came: Mapping[str, Any]) -> bool:
        return bool(was.get("transcript") == came.get("transcript"))

    def in_paris(message: Message) -> Message:
        return str(message).replace("in Tokyo is", "in Paris is")

    async def main(compare: Any, **how: Any) -> tuple[Connected, ...]:
        async with simulated("openai", **how) as base_url:
            return await call(lines, base_url, compare=compare)

    assert 1 == len(run_virtually(main, same_words, backend=backend))
    with pytest.raises(ReplayMismatch, match="in Paris is sunny") as caught:
        run_virtually(partial(main, same_words, from_server=in_paris), backend=backend)
    assert "$.frame.transcript" == caught.value.path
    with pytest.raises(CallbackError, match="broken"):
        run_virtually(main, fail, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_ignored_may_come_or_not(lines: Sequence[str], backend: str) -> None:
    """A server of one's own limits nobody."""

    async def main(**options: Any) -> tuple[Connected, ...]:
        async with simulated("openai", from_server=without("rate_limits.updated")) as base_url:
            return await call(lines, base_url, **options)

    ignored = {"ignored": ["rate_limits.updated"]}
    assert 1 == len(run_virtually(partial(main, **ignored), backend=backend))
    with pytest.raises(ReplayMismatch, match=r"expected \"rate_limits.updated\""):
        run_virtually(main, backend=backend)


# --- both sides at once


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_relay_is_tested_between_a_recorded_client_and_its_server(
    provider: str, restarts: bool, backend: str
) -> None:
    """Both are played, and what comes through must be what was said, to the byte."""
    lines = talk_of(provider, restarts)

    async def main() -> tuple[Connected, ...]:
        async with (
            play(lines) as player,
            relayed(provider, player.base_url) as base_url,
        ):
            return await call(lines, base_url, compare="strict")

    connected = run_virtually(main, backend=backend)
    assert frames_said(lines) == sum(one.n_said for one in connected)
    assert (2 if restarts else 1) == len(connected)


# --- what is given


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_taken_out_can_be_put_back(backend: str) -> None:
    """Before it is said; a function that fails is told of."""
    talk = log(
        ("client", 0, event("session.update", token="<redacted:custom-1>")),
        ("server", 0, event("session.updated")),
    )
    said: list[Message] = []

    async def answer(channel: Channel) -> None:
        said.append(await channel.receive())
        await channel.send(event("session.updated"))
        await mute(channel)

    def revise(frame: str | bytes) -> str | bytes:
        return str(frame).replace("<redacted:custom-1>", "tok-1")

    async def main(revise: Any) -> None:
        async with scripted(answer) as base_url:
            await call(talk, base_url, revise=revise)

    run_virtually(main, revise, backend=backend)
    assert [event("session.update", token="tok-1")] == said
    for broken, why in ((fail, "raised TypeError"), (lambda _: None, "gave NoneType, no frame")):
        with pytest.raises(CallbackError, match=f"the function that revises {why}"):
            run_virtually(main, broken, backend=backend)
    with pytest.raises(LocalProtocolError, match="half a surrogate pair"):
        run_virtually(main, lambda _: "\ud800", backend=backend)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pace": -1}, "pace must be a number"),
        ({"timeout_s": float("inf")}, "timeout_s must be a number"),
        ({"compare": "loosely"}, "compare is"),
        ({"ignored": "rate_limits.updated"}, "give a tuple"),
        ({"ignored": 5}, "give a tuple"),
        ({"api_key": ""}, "the API key is empty"),
        ({"headers": [("a b", "c")]}, "a header's name"),
        ({"base_url": "nowhere"}, "base URL must look like"),
        ({"redact": ["("]}, "malformed"),
    ],
)
async def test_values_are_checked_before_anything_is_said(
    lines: Sequence[str], options: dict[str, Any], why: str
) -> None:
    """And nobody is called."""
    with pytest.raises(ConfigurationError, match=why):
        await call(lines, **{"base_url": "http://0.in-memory.invalid", **options})


async def test_only_a_recording_of_a_known_provider_can_call(tmp_path: Path) -> None:
    """How else is it to be reached?"""
    with pytest.raises(RecordingError, match="cannot read"):
        await call(tmp_path / "none", "http://0.in-memory.invalid")
    unreached = {
        "kind": "connection_lost",
        "t_us": 0,
        "error": {"type": "ConnectTimeout", "message": ""},
    }
    head = {"format": "realtime-recording", "version": 1, "provider": "openai"}
    with pytest.raises(RecordingError, match="no connection that was answered"):
        await call(map(json.dumps, (head, unreached)), "http://0.in-memory.invalid")
    with pytest.raises(ConfigurationError, match="unknown provider"):
        await call(log(("client", 0, "{}"), provider="nobody"), "http://0.in-memory.invalid")


# --- real conversations


def real_talks() -> Iterator[tuple[str, list[str]]]:
    """The recorded conversations of real clients with real servers, as recordings."""
    require("wire", wire.missing())
    for provider in PROVIDERS:
        for recorded in wire.sessions(provider):
            for connection in read_log(recorded.path.read_bytes()):
                yield recorded.name, list(as_recording(connection))


@pytest.mark.wire
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("compare", ["type", "strict"])
def test_every_recorded_client_gets_on_with_its_recorded_server(compare: Any, backend: str) -> None:
    """Whoever they were: each is played to the other, and nothing differs."""

    async def main(lines: list[str]) -> tuple[Connected, ...]:
        async with play(lines) as player:
            return await call(lines, player.base_url, compare=compare)

    n_talks = 0
    for name, lines in real_talks():
        n_talks += 1
        n_said, n_heard = (
            sum(f'"from":"{who}"' in line for line in lines) for who in ("client", "server")
        )
        (connected,) = run_virtually(main, lines, backend=backend)
        assert (name, n_said, n_heard) == (name, connected.n_said, connected.n_heard)
    assert n_talks > 40


@pytest.mark.wire
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_real_server_did_not_say_is_missed(backend: str) -> None:
    """Each of its events that is no piece of speech or text, one at a time."""

    async def main(lines: list[str], server: list[str]) -> None:
        async with play(server, compare="type", timeout_s=60) as player:
            await call(lines, player.base_url)

    n_missed = 0
    for name, lines in real_talks():
        words = [n for n, line in enumerate(lines) if is_word(line)]
        for n in words[:: max(1, len(words) // 3)]:
            n_missed += 1
            with pytest.raises(ReplayMismatch) as caught:
                run_virtually(main, lines, [*lines[:n], *lines[n + 1 :]], backend=backend)
            assert n < caught.value.line, name  # the same type twice: the second one is missed
    assert n_missed > 60


@pytest.mark.wire
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_real_server_may_say_it_in_other_pieces(backend: str) -> None:
    """In more or fewer, in another order; also where it made other ids."""
    chance = Random(1)

    async def main(lines: list[str], server: list[str]) -> tuple[Connected, ...]:
        async with play(server, compare="type") as player:
            return await call(lines, player.base_url)

    for name, lines in real_talks():
        (connected,) = run_virtually(main, lines, in_other_pieces(lines, chance), backend=backend)
        assert connected.n_heard > 0, name


def in_other_pieces(lines: list[str], chance: Random) -> list[str]:
    """The same with each run of pieces cut otherwise, but some of each kind."""
    changed: list[str] = []
    for is_run, run in groupby(lines, key=is_piece):
        if not is_run:
            changed += run
            continue
        kinds: dict[str, list[str]] = {}
        for line in run:
            kinds.setdefault(kind_of(line), []).append(line)
        pieces = [
            piece
            for of_kind in kinds.values()
            for piece in (of_kind[0], *chance.choices(of_kind, k=chance.randrange(4)))
        ]
        changed += chance.sample(pieces, len(pieces))
    return changed


def kind_of(line: str) -> str:
    """What a server's line says: the type, or the names of the members; empty for others."""
    record = json.loads(line)
    if record.get("from") != "server":
        return ""
    frame = json.loads(record["frame"])
    return str(frame.get("type") or "+".join([*frame, *frame.get("serverContent", ())]))


def is_piece(line: str) -> bool:
    return kind_of(line).endswith(".delta") or kind_of(line) in GEMINIS_PIECES


def is_word(line: str) -> bool:
    """Whether it is an event of OpenAI's that has its place."""
    return "." in kind_of(line) and not is_piece(line)


GEMINIS_PIECES = tuple(
    f"serverContent+{name}" for name in ("modelTurn", "inputTranscription", "outputTranscription")
)
