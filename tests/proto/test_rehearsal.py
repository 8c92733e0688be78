"""What an application says, compared with what was recorded."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto._elision import drop, pack_frame
from realtime_proto.errors import CallbackError, ConfigurationError
from realtime_proto.exchanges import End, Exchange, Heard, Said
from realtime_proto.redaction import Redactor
from realtime_proto.rehearsal import Rehearsal, check_compare

if TYPE_CHECKING:
    from realtime_proto.rehearsal import Compare
    from realtime_proto.report import Difference

PCM = bytes(range(256)) * 8


def said(t_us: int = 0) -> Said:
    return Said(line=50, t_us=t_us, frame="{}")


def audio(pcm: bytes, **more: Any) -> str:
    return json.dumps({"type": "append", "audio": base64.b64encode(pcm).decode(), **more})


def heard(frame: str | bytes, *, line: int = 9, t_us: int = 0) -> Heard:
    body = pack_frame(frame, Redactor(), cut=drop)
    return Heard(line=line, t_us=t_us, path="$.frames[0]", body=body)


def rehearse(
    *steps: Said | Heard, compare: Compare = "strict", end: End | None = None
) -> Rehearsal:
    exchange = Exchange(line=2, steps=steps, end=end)
    return Rehearsal(exchange, compare=compare, redactor=Redactor())


def told(found: Difference | None) -> str:
    return str(found)


def test_it_goes_step_by_step() -> None:
    """The server speaks when its turn is; the client is waited for; then comes the end."""
    end = End(line=60, t_us=900, by="server", code=1000)
    play = rehearse(said(t_us=100), heard('{"type":"a"}', t_us=300), said(t_us=350), end=end)
    assert (100, said(t_us=100)) == (play.gap_us, play.step)
    play.said()
    assert (200, heard('{"type":"a"}', t_us=300)) == (play.gap_us, play.step)
    assert play.take('{"type":"a"}') is None
    assert (50, said(t_us=350)) == (play.gap_us, play.step)
    play.said()
    assert (550, end) == (play.gap_us, play.step)
    assert play.missing() is None
    assert 'line 60, $: expected "the end", came nothing' == told(play.late())


def test_where_the_recording_says_no_more_nothing_is_due() -> None:
    """Its end was not recorded."""
    play = rehearse()
    assert (None, 0) == (play.step, play.gap_us)
    assert 'line 2, $: expected "the end", came nothing' == told(play.late())


def test_a_difference_names_line_path_expected_and_actual() -> None:
    """Within the frame; and what is too little and too much."""
    play = rehearse(heard('{"type":"a","n":1}'), said())
    assert "line 9, $.frames[0]" in told(play.missing())
    assert told(play.missing()) == told(play.late())
    assert "line 9, $.frames[0].frame.n: expected 1, came 2" == told(
        play.take('{"type":"a","n":2}')
    )
    assert play.take('{"type":"a","n":1}') is None
    assert play.take('{"type":"more"}') is not None


def test_words_after_the_servers_last_are_demanded_and_audio_is_not() -> None:
    """Nothing can have come of that audio; there may be more of it, too."""
    play = rehearse(said(), heard(audio(PCM)), heard('{"type":"bye"}'))
    play.said()
    assert "bye" in told(play.missing())
    assert play.take('{"type":"bye"}') is None
    assert (None, None) == (play.missing(), play.step)
    for _ in range(3):
        assert play.take(audio(PCM)) is None
    cut = rehearse(said(), heard(audio(PCM)), end=End(line=60, t_us=1, by="server"))
    assert "line 9" in told(cut.missing())


@given(st.lists(st.integers(48, 512), max_size=12))
def test_audio_may_be_cut_into_frames_anywhere(sizes: list[int]) -> None:
    """It is compared as the bytes it is."""
    play = rehearse(heard(audio(PCM[:1000])), heard(audio(PCM[1000:])), said())
    rest = PCM
    for size in sizes:
        if len(rest) - size > 48:
            assert play.take(audio(rest[:size])) is None
            rest = rest[size:]
    assert play.take(audio(rest)) is None
    assert said() == play.step


def test_other_audio_is_found_where_it_was_recorded() -> None:
    """Strictly by its hash, else by how much there is."""
    steps = (heard(audio(PCM[:1000])), heard(audio(PCM[1000:]), line=11), said())
    wrong = PCM[:1500] + bytes(548)
    found = told(rehearse(*steps).take(audio(wrong)))
    assert "line 11, $.frames[0].audio[0].sha256" in found
    assert rehearse(*steps, compare="type").take(audio(wrong)) is None
    shell = rehearse(*steps).take(audio(PCM, more=1))
    assert "line 9, $.frames[0].frame.more: expected nothing, came 1" == told(shell)


def test_counted_ids_are_compared_while_the_order_is_the_recorded_one() -> None:
    """Audio that comes at another time shifts them."""
    steps = (
        heard(audio(PCM, event_id="e1")),
        heard('{"event_id":"e2","type":"a"}', line=10),
        said(),
    )
    in_order = rehearse(*steps)
    assert in_order.take(audio(PCM, event_id="e1")) is None
    assert "event_id" in told(in_order.take('{"event_id":"e9","type":"a"}'))
    shifted = rehearse(*steps)
    assert shifted.take('{"event_id":"e1","type":"a"}') is None
    assert shifted.take(audio(PCM, event_id="e2")) is None
    assert said() == shifted.step


def test_counted_ids_are_compared_while_the_connection_before_was_in_step() -> None:
    """They count over all connections: audio that is missing at the end of one shifts the next."""
    steps = (heard('{"event_id":"e1","type":"a"}'), said(), heard(audio(PCM, event_id="e2")))
    first = rehearse(*steps)
    assert first.take('{"event_id":"e1","type":"a"}') is None
    assert (None, False) == (first.missing(), first.is_in_step)
    assert first.take(audio(PCM, event_id="e2")) is None
    assert first.is_in_step
    second = rehearse(heard('{"event_id":"e3","type":"a"}'))
    second.out_of_step()
    assert second.take('{"event_id":"e2","type":"a"}') is None
    assert not second.is_in_step


def test_types_may_be_all_that_is_compared() -> None:
    """Gemini's are the names of the members."""
    play = rehearse(heard('{"type":"a","n":1}'), heard('{"b":1,"a":2}'), said(), compare="type")
    assert play.take('{"type":"a","n":5}') is None
    assert 'expected "a, b", came "c"' in told(play.take('{"c":1}'))
    assert play.take('{"a":3,"b":4}') is None
    assert said() == play.step


def test_a_function_may_compare() -> None:
    """It is given both as JSON; what it refuses is shown, and what it raises is told."""
    play = rehearse(
        heard('{"n":1}'), heard('{"n":5}'), compare=lambda was, came: came["n"] - was["n"] < 2
    )
    assert play.take('{"n":2}') is None
    assert "line 9, $.frames[0].frame.n: expected 5, came 9" == told(play.take('{"n":9}'))
    with pytest.raises(CallbackError, match="KeyError"):
        play.take('{"m":9}')
    never = rehearse(heard('{"n":1}'), compare=lambda _was, _came: False)
    assert "line 9, $.frames[0].frame: expected nothing, came nothing" == told(
        never.take('{"n":1}')
    )


def test_what_is_no_json_is_compared_as_it_is() -> None:
    """Whatever compares."""
    play = rehearse(heard("hello"), heard(b"\xff"), compare="type")
    assert "expected" in told(play.take('{"type":"a"}'))
    assert play.take("hello") is None
    assert play.take(b"\xff") is None


@pytest.mark.parametrize("compare", ["loosely", None, 5])
def test_other_ways_to_compare_are_refused(compare: Any) -> None:
    """Whose fault it is is clear at once."""
    with pytest.raises(ConfigurationError, match=r'"strict", "type" or a function'):
        check_compare(compare)
    check_compare("strict")
    check_compare(bool)
