"""What users of comparable libraries suffered from, as it shows on the face: how sessions end.

See test_face_pains for what the numbers are, and for the meta test.
"""

from __future__ import annotations

from contextlib import suppress

import anyio
import pytest
from helpers.frames import TEXT, frame
from helpers.stage import happens, on_both, playing, talking
from helpers.virtual import virtually

from realtime_io import (
    ConnectionLost,
    ErrorReported,
    SessionClosed,
    VoiceEvent,
)


@virtually
@on_both
async def test_pain_08_a_close_says_what_it_was(provider: str) -> None:
    """Code, the server's words, phase, whether to try again, what to look at, and what was said
    just before; in the error and in the last event.
    """
    word = "models/x is not found for API version v1beta" if provider == "gemini" else "no"
    code = 1008 if provider == "gemini" else 4004
    async with playing(provider) as stage:
        with pytest.raises(ConnectionLost) as caught:
            async with stage.voice().connect() as session:
                await session.send_text("My secret is sk-abcdefghijklmnop.")
                stage.begin_answer()
                stage.speak()
                await happens()
                await stage.close(code, word)
                await anyio.sleep_forever()
        error = caught.value
        assert (code, word, "open", False) == (
            error.received,
            error.reason,
            error.phase,
            error.retryable,
        )
        assert error.hint is not None
        assert "check the name of the model" in error.hint
        assert {"openai": "response.create", "gemini": "clientContent"}[provider] == (
            error.last_client_event
        )
        (note,) = error.__notes__
        began, spoke = {
            "openai": ("response.created", "response.output_audio.delta"),
            "gemini": ("serverContent", "serverContent"),
        }[provider]
        assert f"> {error.last_client_event}" in note
        assert f"< {began}" in note
        assert f"< {spoke}" in note
        assert "secret" not in note
        assert [error] == stage.errors
        (closed,) = stage.seen(SessionClosed)
        assert (code, word) == (closed.code, closed.reason)
        assert error.hint == closed.failure.hint


@virtually
@on_both
async def test_pain_08_a_close_before_the_session_is_ready_says_so(provider: str) -> None:
    """Its phase is another one, and what was said last is the set-up."""
    async with playing(provider) as stage:
        stage.on_set_up = lambda: stage.close(1011, "quota")
        with pytest.raises(ConnectionLost) as caught:
            async with stage.voice().connect():
                pytest.fail("it must not open")
        last = {"openai": "session.update", "gemini": "setup"}[provider]
        error = caught.value
        assert (1011, "quota", "set-up", last) == (
            error.received,
            error.reason,
            error.phase,
            error.last_client_event,
        )


@virtually
@on_both
@pytest.mark.parametrize("code", [1000, 1011])
async def test_pain_08_the_server_sees_its_close_answered(provider: str, code: int) -> None:
    """With the same code, whether it ends the session or not; and its broken frame with 1007."""
    async with playing(provider) as stage:

        async def close_later() -> None:
            stage.take_settings()
            await anyio.sleep(1)
            await stage.close(code)

        stage.on_set_up = close_later
        with suppress(ConnectionLost):
            async with stage.voice(reconnect=False).connect():
                await anyio.sleep(2)
        assert code == stage.socket.received_code
        stage.on_set_up = None
        with pytest.raises(ConnectionLost, match="closed by us with 1007"):
            async with stage.voice(reconnect=False).connect():
                await stage.send_raw(frame(TEXT, b"\xff", to="client"))
                await anyio.sleep_forever()
        assert 1007 == stage.socket.received_code


@virtually
async def test_pain_08_what_the_server_said_just_before_is_told_first() -> None:
    """Its error and its close come at once: callbacks hear of both, in order; and who raises when
    all is over does not hide why.
    """
    async with playing("openai") as stage:

        async def complain_later() -> None:
            stage.take_settings()
            await anyio.sleep(1)
            stage.refuse("server_error")
            await stage.close(4000, "no more")

        stage.on_set_up = complain_later
        voice = stage.voice()

        @voice.on_event
        def fail(event: VoiceEvent) -> None:
            if isinstance(event, SessionClosed):
                raise ZeroDivisionError

        with pytest.raises(ConnectionLost, match="with 4000") as caught:
            async with voice.connect():
                await anyio.sleep_forever()
        assert ["server_error", caught.value.code] == [error.code for error in stage.errors]
        assert [ErrorReported, SessionClosed] == [
            type(event) for event in stage.seen(ErrorReported, SessionClosed)
        ]


@virtually
@on_both
async def test_pain_08_a_normal_close_is_an_event(provider: str) -> None:
    """Never silence: iteration sees it, and so does a callback."""
    async with talking(provider) as (stage, session):
        events = aiter(session)
        await stage.close(1000, "bye")
        last = [event async for event in events][-1]
        assert SessionClosed(code=1000, reason="bye") == last
        assert [last] == stage.seen(SessionClosed)
        assert [] == stage.errors
