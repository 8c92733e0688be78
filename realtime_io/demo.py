"""`python -m realtime_io demo`: a spoken conversation with a simulated model, through the public
face alone.

For each provider the user asks aloud for the weather in a city, a Python function is called as a
tool, and the answer is heard; then the user asks for a story and speaks over it, and the server's
voice activity detection cuts the story off. Nothing is scripted on this side: what is printed comes
from the session's events, and a step that does not happen within its time fails the demo.
"""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from attrs import define, frozen

from realtime_io import _clock
from realtime_io._tasks import background_tasks
from realtime_io.simulator import Simulator, voice
from realtime_io.voice import RealtimeVoice
from realtime_proto.audio.pcm import silence
from realtime_proto.audio.wav import read_wav, write_wav
from realtime_proto.config import RealtimeConfig
from realtime_proto.errors import ConfigurationError, RealtimeError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Interrupted,
    ResponseDone,
    SpeechStarted,
    ToolCallRequest,
    TranscriptDelta,
    VoiceEvent,
)

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable

    from realtime_io.session import VoiceSession
    from realtime_proto.formats import AudioFormat

__all__ = ("PROVIDER_NAMES", "Figures", "Options", "converse", "run")

PROVIDER_NAMES: Final = ("openai", "gemini")

QUESTION: Final = "What is the weather in Tokyo?"
LONG_QUESTION: Final = "Tell me a story."
BARGE_IN: Final = "Wait a minute!"
USER_VOICE: Final = "en-us+m3"

CHUNK_MS: Final = 40
STEP_S: Final = 30.0
"""How long any one step of the conversation may take."""

PAUSE_MS: Final = 300
"""How long the user waits after an answer."""

LISTEN_S: Final = 2.0
"""How long the user listens to the story before speaking over it."""


@frozen(kw_only=True)
class Options:
    """What the demo is to do.

    Args:
        providers: Whose protocols to speak, in order.
        backend: "asyncio" or "trio".
        with_voice: Speak and listen, where the voice is installed.
        ask: The question; None asks for the weather in Tokyo.
        ask_wav: A recording of the question.
        out: The folder for the answers.
    """

    providers: tuple[str, ...] = PROVIDER_NAMES
    backend: str = "asyncio"
    with_voice: bool = True
    ask: str | None = None
    ask_wav: Path | None = None
    out: Path = Path("demo-out")


@define
class Figures:
    """What was measured in one conversation; None where it was not."""

    provider: str
    setup_ms: float | None = None
    first_audio_ms: float | None = None
    heard_ms: int | None = None
    audio_in_s: float = 0.0
    audio_out_s: float = 0.0


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    del city
    return "sunny and warm"


def run(options: Options) -> int:
    """Hold the conversations and print them.

    Returns:
        0 when everything happened; otherwise an error is raised.

    Raises:
        RealtimeError: A step did not happen; the message says which.
    """
    missing = voice.why_unavailable()
    if not options.with_voice:
        missing = "--no-voice was given"
    if missing is None:
        print("voice: on")
    else:
        print(f"voice: off, because {missing}")
    if missing is not None and options.ask_wav is not None:
        raise ConfigurationError("--ask-wav needs the voice")
    anyio.run(_main, options, missing is None, backend=options.backend)
    return 0


async def converse(
    provider: str,
    base_url: str,
    *,
    options: Options,
    has_voice: bool,
    record: str | os.PathLike[str] | None = None,
) -> Figures:
    """Hold one conversation, with whatever server.

    Args:
        provider: Whose protocol to speak.
        base_url: Where the server is.
        options: What to say, and where the answer goes.
        has_voice: Whether to speak, or to write.
        record: The recording to make.

    Raises:
        RealtimeError: A step did not happen; the message says which.
    """
    return await _Conversation(provider, base_url, has_voice=has_voice, options=options).hold(
        record
    )


async def _main(options: Options, has_voice: bool) -> None:
    figures = []
    async with Simulator(with_voice=has_voice) as simulator:
        for provider in options.providers:
            print(f"\n--- {provider}, on {options.backend}")
            base_url = simulator.base_url(provider)
            figures.append(await converse(provider, base_url, options=options, has_voice=has_voice))
        if simulator.failures:
            raise RealtimeError(f"the simulator failed: {simulator.failures[0]!r}")
    _print_table(figures)


class _Conversation:
    """One conversation of the demo, through the public face."""

    def __init__(self, provider: str, base_url: str, *, has_voice: bool, options: Options) -> None:
        self._options = options
        self._has_voice = has_voice
        self._screen = _Screen()
        self._figures = Figures(provider)
        self._voice = RealtimeVoice(
            provider,
            RealtimeConfig(
                instructions="You are a helpful voice assistant. Be concise.",
                tools=[get_weather],
            ),
            api_key="no-key-is-needed",
            base_url=base_url,
        )
        self._voice.on_audio(self._hear)
        self._voice.on_event(self._note)
        self._answer = bytearray()
        self._answer_is_whole = False
        self._first_audio_at: float | None = None
        self._happened: set[str] = set()
        self._progress = anyio.Event()

    async def hold(self, record: str | os.PathLike[str] | None) -> Figures:
        began_at = _clock.now()
        async with self._voice.connect(record=record) as session:
            self._figures.setup_ms = (_clock.now() - began_at) * 1000
            self._screen.line(f"connected to {session.model}, session {session.session_id or '-'}")
            if self._has_voice:
                await self._talk(session)
            else:
                await self._write(session)
            self._save(session.output_format)
        return self._figures

    # --- the two ways to hold it

    async def _write(self, session: VoiceSession) -> None:
        question = self._options.ask or QUESTION
        self._screen.line(f"user writes: {question}")
        await session.send_text(question)
        await self._answered(must_call_tool=self._options.ask is None)

    async def _talk(self, session: VoiceSession) -> None:
        # All that will be said, before anybody else speaks: espeak-ng never says the same twice,
        # and what it says depends on what it said before.
        rate_hz = session.input_format.rate_hz
        question = await self._question(session.input_format)
        story = await voice.speak(LONG_QUESTION, voice=USER_VOICE, rate_hz=rate_hz)
        stop = await voice.speak(BARGE_IN, voice=USER_VOICE, rate_hz=rate_hz)
        async with _open_microphone(session) as microphone:
            self._screen.line(f"user asks aloud: {self._spoken_question()}")
            ended_at = await microphone.say(question)
            await self._answered(must_call_tool=self._options.ask is None)
            if self._first_audio_at is not None:
                self._figures.first_audio_ms = (self._first_audio_at - ended_at) * 1000
            self._require("user transcript", "the server understood nothing of the question")
            await self._hear_out(session.output_format)
            await self._barge_in(microphone, story, stop)
            self._figures.audio_in_s = microphone.sent_s

    async def _hear_out(self, audio_format: AudioFormat) -> None:
        """Wait until the answer has been heard: it was sent faster than it plays."""
        began_at = self._first_audio_at or _clock.now()
        heard_ms = audio_format.duration_ms(len(self._answer)) + PAUSE_MS
        await anyio.sleep_until(began_at + heard_ms / 1000)

    async def _barge_in(self, microphone: _Microphone, story: bytes, stop: bytes) -> None:
        self._happened.clear()
        self._screen.line(f"user asks aloud: {LONG_QUESTION}")
        await microphone.say(story)
        await self._wait_for("audio", "no long answer was heard")
        await anyio.sleep(LISTEN_S)
        self._happened -= {"speech", "user transcript", "transcript"}
        self._screen.line(f"user speaks over it: {BARGE_IN}")
        await microphone.say(stop)
        await self._wait_for("speech", "the server did not notice that the user spoke")
        await self._wait_for("interrupted", "the long answer was not cut off")
        await self._wait_for("user transcript", "the server understood nothing of the barge-in")
        await self._wait_for("audio complete", "the barge-in was not answered")

    async def _question(self, audio_format: AudioFormat) -> bytes:
        if self._options.ask_wav is not None:
            try:
                pcm, recorded = read_wav(await anyio.Path(self._options.ask_wav).read_bytes())
            except OSError as exc:
                raise ConfigurationError(
                    f"cannot read {self._options.ask_wav}: {exc.strerror}"
                ) from None
            resampler = voice.Resampler(recorded.rate_hz, audio_format.rate_hz)
            return resampler.feed(pcm) + resampler.flush()
        text = self._options.ask or QUESTION
        return await voice.speak(text, voice=USER_VOICE, rate_hz=audio_format.rate_hz)

    def _spoken_question(self) -> str:
        if self._options.ask_wav is not None:
            return f"({self._options.ask_wav.name})"
        return self._options.ask or QUESTION

    # --- what happens

    def _hear(self, audio: bytes) -> None:
        if self._first_audio_at is None:
            self._first_audio_at = _clock.now()
        self._figures.audio_out_s += len(audio) / 48_000
        if not self._answer_is_whole:
            self._answer += audio
        self._happen("audio")

    def _note(self, event: VoiceEvent) -> None:
        match event:
            case TranscriptDelta(speaker="user", is_final=True, text=text):
                self._screen.line(f"user (as understood): {text}")
                self._happen("user transcript")
            case TranscriptDelta(speaker="assistant", is_final=False, text=text):
                self._screen.stream("assistant: ", text)
            case TranscriptDelta(speaker="assistant", is_final=True):
                self._screen.end_stream()
                self._happen("transcript")
            case ToolCallRequest(function_name=name, arguments=arguments):
                given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
                self._screen.line(f"tool: {name}({given})")
                self._happen("tool call")
            case SpeechStarted():
                self._happen("speech")
            case Interrupted(played_ms=played_ms, heard_text=text):
                self._screen.line(f"cut off after {played_ms} ms, heard: {text!r}")
                self._figures.heard_ms = played_ms
                self._happen("interrupted")
            case AudioChunk(is_final=True):
                self._answer_is_whole = True
                self._happen("audio complete")
            case ResponseDone(status=status):
                self._happen(f"response {status}")
            case ErrorReported():
                self._screen.line(f"error: {event.to_exception()}")

    def _happen(self, what: str) -> None:
        self._happened.add(what)
        self._progress.set()
        self._progress = anyio.Event()

    async def _answered(self, *, must_call_tool: bool) -> None:
        if must_call_tool:
            await self._wait_for("tool call", "the tool was not called")
        await self._wait_for("transcript", "no transcript of the answer came")
        await self._wait_for("audio complete", "the answer's audio did not come to its end")

    async def _wait_for(self, what: str, otherwise: str) -> None:
        with anyio.move_on_after(STEP_S):
            while what not in self._happened:
                await self._progress.wait()
        self._require(what, f"{otherwise} within {STEP_S:g} s")

    def _require(self, what: str, otherwise: str) -> None:
        if what not in self._happened:
            raise RealtimeError(f"{self._figures.provider}: {otherwise}")

    def _save(self, audio_format: AudioFormat) -> None:
        path = self._options.out / f"answer-{self._figures.provider}.wav"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(write_wav(bytes(self._answer), audio_format))
        except OSError as exc:
            raise ConfigurationError(f"cannot write {path}: {exc.strerror}") from None
        self._screen.line(f"answer written to {path}")


class _Microphone:
    """Sends audio at the pace it is spoken: what is to be said, silence in between."""

    def __init__(self, session: VoiceSession) -> None:
        self._session = session
        self._format = session.input_format
        self._pending = bytearray()
        self._said = anyio.Event()
        self.sent_s = 0.0

    async def say(self, pcm: bytes) -> float:
        """Say it; gives the time at which its last sample was sent."""
        self._pending += pcm
        self._said = anyio.Event()
        await self._said.wait()
        return _clock.now()

    async def run(self) -> None:
        """Send for ever."""
        n_bytes = self._format.bytes_for_ms(CHUNK_MS)
        due_at = _clock.now()
        while True:
            chunk = bytes(self._pending[:n_bytes])
            del self._pending[:n_bytes]
            missing_ms = self._format.duration_ms(n_bytes - len(chunk))
            await self._session.send_audio(chunk + silence(missing_ms, self._format))
            self.sent_s += CHUNK_MS / 1000
            if not self._pending:
                self._said.set()
            due_at += CHUNK_MS / 1000
            await anyio.sleep_until(due_at)


@asynccontextmanager
async def _open_microphone(session: VoiceSession) -> AsyncIterator[_Microphone]:
    microphone = _Microphone(session)

    async def send() -> None:
        with suppress(RealtimeError):  # the session ended: connect() says why
            await microphone.run()

    async with background_tasks() as tasks:
        tasks.start_soon(send, name="demo microphone")
        yield microphone


class _Screen:
    """Lines with the time before them, and one text that grows."""

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._is_streaming = False

    def line(self, text: str) -> None:
        self.end_stream()
        print(f"{self._seconds():7.2f} s  {text}", flush=True)

    def stream(self, label: str, text: str) -> None:
        if not self._is_streaming:
            print(f"{self._seconds():7.2f} s  {label}", end="")
            text = text.lstrip()
        self._is_streaming = True
        print(text, end="", flush=True)

    def end_stream(self) -> None:
        if self._is_streaming:
            print(flush=True)
        self._is_streaming = False

    def _seconds(self) -> float:
        now = _clock.now()
        if self._began_at is None:
            self._began_at = now
        return now - self._began_at


def _print_table(figures: list[Figures]) -> None:
    columns: list[tuple[str, Callable[[Figures], str]]] = [
        ("provider", lambda f: f.provider),
        ("set-up", lambda f: _or_na(f.setup_ms, "{:.0f} ms")),
        ("speech end to first audio", lambda f: _or_na(f.first_audio_ms, "{:.0f} ms")),
        ("heard before the cut", lambda f: _or_na(f.heard_ms, "{:.0f} ms")),
        ("audio in", lambda f: _or_na(f.audio_in_s or None, "{:.1f} s")),
        ("audio out", lambda f: _or_na(f.audio_out_s or None, "{:.1f} s")),
    ]
    rows = [[title for title, _ in columns]]
    rows += [[cell(entry) for _, cell in columns] for entry in figures]
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    print()
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )
    sys.stdout.flush()


def _or_na(value: float | None, form: str) -> str:
    return "n/a" if value is None else form.format(value)
