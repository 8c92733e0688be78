"""What a server says, compared with what was recorded, and when the client speaks."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_proto._elision import drop, pack_frame
from realtime_proto.audition import SILENCE_US, Audition
from realtime_proto.counterparts import Counterparts
from realtime_proto.errors import CallbackError
from realtime_proto.exchanges import End, Exchange, Heard, Said
from realtime_proto.redaction import Redactor

if TYPE_CHECKING:
    from realtime_proto.rehearsal import Compare

PCM = bytes(range(256))
HUNG_UP = End(line=90, t_us=10 * SILENCE_US, by="client")


def event(kind: str, **members: Any) -> str:
    return json.dumps({"type": kind, **members})


def spoken(pcm: bytes = PCM, **members: Any) -> str:
    return event("response.output_audio.delta", delta=base64.b64encode(pcm).decode(), **members)


def append() -> str:
    return event("input_audio_buffer.append", audio=base64.b64encode(PCM).decode())


def heard(frame: str | bytes, line: int = 9, t_us: int = 0) -> Heard:
    body = pack_frame(frame, Redactor(), cut=drop)
    return Heard(line=line, t_us=t_us, path="$", body=body)


def said(frame: str, line: int = 50, t_us: int = 0) -> Said:
    return Said(line=line, t_us=t_us, frame=frame)


def audition(
    *steps: Said | Heard, compare: Compare = "type", end: End | None = HUNG_UP, **more: Any
) -> Audition:
    options = {"redactor": Redactor(), "counterparts": Counterparts(), **more}
    return Audition(Exchange(line=2, steps=steps, end=end), compare=compare, **options)


def told(play: Audition, *frames: str | bytes) -> str | None:
    """The first difference, as text."""
    found = next((found for frame in frames if (found := play.take(frame))), None)
    return found and str(found)


def test_it_goes_step_by_step() -> None:
    """The client speaks when it has heard what it heard then, and after the same pause."""
    play = audition(
        heard(event("a"), t_us=100), said("hello", t_us=350), heard(event("b"), t_us=400), end=None
    )
    assert play.awaited == heard(event("a"), t_us=100)
    assert not play.is_ready
    assert play.take(event("a")) is None
    assert (None, 250, "hello") == (play.awaited, play.gap_us, play.say())
    assert (None, 0, 350) == (play.step, play.gap_us, play.reached_us)
    assert play.awaited == heard(event("b"), t_us=400)
    assert play.take(event("b")) is None
    assert play.awaited is None
    assert play.is_ready
    assert (1, 2, 400) == (play.n_said, play.n_heard, play.reached_us)
    assert 'line 50, $: expected "the end", came nothing' == str(play.late())


def test_types_are_compared_in_order() -> None:
    """A difference names line, path, expected and actual; of an error, its words."""
    steps = (heard(event("a"), 7), heard(event("b"), 8))
    assert 'line 7, $.frame.type: expected "a", came "b"' == told(audition(*steps), event("b"))
    refused = event("error", error={"message": "too loud"})
    assert 'line 8, $.frame.type: expected "b", came "error: too loud"' == told(
        audition(*steps), event("a"), refused
    )
    assert 'line 8, $: expected nothing, came "c"' == told(
        audition(*steps), event("a"), event("b"), event("c")
    )
    assert 'line 7, $.frame.type: expected "a", came nothing' == str(audition(*steps).late())


def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    """It is taken out, as it was of the recording."""
    refused = event("error", error={"message": "no sk-Canary0123456789"})
    assert "<redacted:openai-key>" in str(told(audition(heard(event("a"))), refused))


def test_what_is_spoken_may_come_in_other_pieces() -> None:
    """In any number and order, with less or more of it."""
    text = event("response.output_text.delta", delta="x")
    steps = (heard(event("a")), heard(spoken()), heard(text), heard(spoken()), heard(event("b")))
    assert told(audition(*steps), event("a"), text, spoken(PCM * 9), event("b")) is None
    assert told(audition(*steps), event("a"), *[spoken(), text] * 5, event("b")) is None
    found = told(audition(*steps), event("a"), text, event("b"))
    assert 'expected "response.output_audio.delta", came "b"' in str(found)


def test_fewer_pieces_than_recorded_do() -> None:
    """The client may speak then, though it is not its turn before as many came."""
    play = audition(heard(spoken()), heard(spoken()), said("stop"), heard(event("b")))
    assert not play.is_ready
    assert told(play, spoken()) is None
    assert play.is_ready
    assert play.awaited is not None
    assert told(play, spoken()) is None
    assert play.awaited is None


def test_an_open_microphone_does_not_wait_for_the_server() -> None:
    """Which may have yet to hear something in it; what is no audio waits, and its beginning."""
    play = audition(
        heard(event("a")), said(append()), heard(event("speech")), said(append()), said("b")
    )
    assert not play.is_ready
    play.take(event("a"))
    play.say()
    assert play.awaited is not None
    assert play.is_ready
    play.say()
    assert not play.is_ready


def test_what_comes_beside_has_a_line_of_its_own() -> None:
    """The client waits for it at the end alone."""
    heard_by_it = event("conversation.item.input_audio_transcription.completed", transcript="x")
    play = audition(heard(heard_by_it, 7), heard(event("a"), 8), said("b"))
    assert told(play, event("a")) is None
    assert play.awaited is None
    play.say()
    assert "line 7" in str(play.late())
    assert told(play, heard_by_it) is None
    assert play.awaited is None
    assert "came" in str(told(play, heard_by_it))


def test_ignored_types_may_come_or_not() -> None:
    """Without being compared."""
    limits = event("rate_limits.updated")
    play = audition(heard(limits), heard(event("a")), ignored=["rate_limits.updated"])
    assert told(play, limits, limits) is None
    assert (2, 0) == (play.n_heard, play.n_events)
    assert told(play, event("a")) is None
    assert (3, 1) == (play.n_heard, play.n_events)
    assert play.awaited is None


def gemini(**members: Any) -> str:
    return json.dumps(members)


def test_a_frame_of_geminis_may_be_sent_in_two() -> None:
    """Or two in one."""
    audio = {"parts": [{"inlineData": {"data": base64.b64encode(PCM).decode()}}]}
    one = gemini(serverContent={"modelTurn": audio, "turnComplete": True}, usageMetadata={})
    two = (
        gemini(usageMetadata={}),
        gemini(serverContent={"modelTurn": audio}),
        gemini(serverContent={"turnComplete": True}),
    )
    assert told(audition(heard(one)), *two) is None
    assert told(audition(*map(heard, two)), one) is None
    found = str(told(audition(heard(one)), two[2]))
    assert 'line 9, $.frame: expected "serverContent.modelTurn"' in found
    assert 'came "serverContent.turnComplete"' in found
    assert 'expected "serverContent", came "setupComplete"' in str(
        told(audition(heard(gemini(serverContent=1))), gemini(setupComplete={}))
    )


def test_the_same_frames_may_be_asked_for() -> None:
    """But for ids, which have to stay one for one; and in the recorded pieces."""
    steps = (
        heard(event("a", item_id="1", n=1), 7),
        heard(spoken(item_id="1"), 8),
        heard(event("b", item_id="1"), 9),
    )

    def strictly(*frames: str | bytes) -> str | None:
        return told(audition(*steps, compare="strict"), *frames)

    first, audio = event("a", item_id="longer", n=1), spoken(item_id="longer")
    assert strictly(first, audio, event("b", item_id="longer")) is None
    assert "line 7, $.frame.n: expected 1, came 2" == strictly(event("a", item_id="x", n=2))
    assert 'line 9, $.frame.item_id: expected "longer", came "other"' == strictly(
        first, audio, event("b", item_id="other")
    )
    assert "line 8, $.audio[0].sha256" in str(strictly(first, spoken(PCM[::-1], item_id="longer")))
    assert 'line 9, $.frame.type: expected "b"' in str(strictly(first, audio, audio))


def test_a_function_may_compare_events_of_the_same_type() -> None:
    """It is given both as JSON, without audio and without what comes in pieces."""
    seen: list[Any] = []

    def compare(was: Any, came: Any) -> bool:
        seen.append((was, came))
        return bool(was.get("text") == came.get("text"))

    steps = (heard(spoken()), heard(event("a", text="x")), heard(event("b", text="y"), 11))
    play = audition(*steps, compare=compare)
    assert told(play, spoken(), event("a", text="x")) is None
    assert 'line 11, $.frame.text: expected "y", came "z"' == told(play, event("b", text="z"))
    assert [{"type": "a", "text": "x"}] * 2 == list(seen[0])
    assert 2 == len(seen)

    def fail(_was: Any, _came: Any) -> bool:
        raise ValueError("broken")

    with pytest.raises(CallbackError, match="broken"):
        audition(heard(event("a")), compare=fail).take(event("a"))


def test_what_is_no_json_is_an_event_like_others() -> None:
    """By its bytes, where the same is asked for."""
    steps = (heard("hello"), heard(b"\xff"))
    assert told(audition(*steps), "hallo", b"\xfe") is None
    assert told(audition(*steps, compare="strict"), "hello", b"\xff") is None
    assert "hallo" in str(told(audition(*steps, compare="strict"), "hallo"))
    assert 'expected "no JSON", came "a"' in str(told(audition(*steps), event("a")))


def test_a_pattern_that_breaks_the_json_is_no_harm() -> None:
    """What was recorded with it is broken in the same way."""
    redactor = Redactor(["\\{"])
    recorded = pack_frame(gemini(a=1, b=2), redactor, cut=drop)
    play = audition(Heard(line=9, t_us=0, path="$", body=recorded), redactor=redactor)
    assert told(play, gemini(a=1, b=2)) is None
    assert 1 == play.n_heard


def test_ids_of_now_are_said() -> None:
    """Those that the server made, whoever compares."""
    for compare in ("type", "strict"):
        play = audition(
            heard(event("a", item_id="1")), said(event("b", item_id="1")), compare=compare
        )
        play.take(event("a", item_id="2"))
        assert {"type": "b", "item_id": "2"} == json.loads(play.say())


def test_a_handle_that_came_is_said_by_the_next_connection() -> None:
    """Though another number of them was recorded."""
    counterparts = Counterparts()
    update = gemini(sessionResumptionUpdate={"newHandle": "old"})
    audition(heard(update), counterparts=counterparts).take(update.replace("old", "new"))
    setup = gemini(setup={"sessionResumption": {"handle": "old"}})
    play = audition(said(setup), counterparts=counterparts)
    assert "new" == json.loads(play.say())["setup"]["sessionResumption"]["handle"]


@pytest.mark.parametrize(
    ("end", "code", "expected"),
    [
        (End(line=90, t_us=0, by="server", code=1001), 1001, None),
        (
            End(line=90, t_us=0, by="server", code=1001),
            1008,
            "line 90, $.code: expected 1001, came 1008",
        ),
        (End(line=90, t_us=0, by="server", code=None), None, None),
        (HUNG_UP, 1000, 'line 90, $: expected nothing, came {"code":1000,"reason":"bye"}'),
        (End(line=90, t_us=0, by="client"), 1000, None),  # at once: who was first?
        (None, 1000, None),
    ],
)
def test_how_the_server_ends_it_is_compared(
    end: End | None, code: int | None, expected: str | None
) -> None:
    """With what was recorded, where that says something."""
    play = audition(heard(event("a")), end=end)
    play.take(event("a"))
    found = play.ended(code, "bye")
    assert expected == (found and str(found))


def test_an_end_that_comes_too_early_says_what_is_missing() -> None:
    """Of the server's, first of all."""
    play = audition(heard(event("a")), said("hello"))
    assert 'line 9, $.frame.type: expected "a", came {"code":null,"reason":""}' == str(
        play.ended(None)
    )
    play.take(event("a"))
    assert "line 50, $: expected nothing" in str(play.ended(1000))
    late = audition(end=End(line=90, t_us=0, by="server", code=1000))
    assert 'line 90, $: expected "the end", came nothing' == str(late.late())
    assert 'line 2, $: expected "the end", came nothing' == str(audition(end=None).late())


def test_what_a_client_that_hung_up_did_not_hear_is_not_known() -> None:
    """So it may come; but not where the server had been silent, or ended it itself."""
    step = heard(event("a"))
    for end, odd in (
        (None, None),
        (End(line=90, t_us=SILENCE_US - 1, by="client"), None),
        (End(line=90, t_us=0, by="server", code=None), None),
        (HUNG_UP, 'line 9, $: expected nothing, came "b"'),
        (End(line=90, t_us=0, by="server", code=1000), 'line 9, $: expected nothing, came "b"'),
    ):
        assert odd == told(audition(step, end=end), event("a"), event("b"))
