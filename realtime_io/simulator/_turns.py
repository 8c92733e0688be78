"""What both brains share: a stream of the user's audio cut into turns, and one answer spoken at a
time.

A brain speaks one provider's protocol on one connection. It hands audio to `Listening`, which calls
back when speech begins and when an utterance was understood, and it answers through `Speaking`,
which runs one answer at a time in the connection's task group and can be stopped at any point.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel

from realtime_io.simulator._ears import HEARING_RATE_HZ, SPEAKING_RATE_HZ, Ears, Engine
from realtime_io.simulator.voice import SpeechBegan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

__all__ = ("CHUNK_MS", "Listening", "Speaking", "chunks_of", "duration_ms", "words_of")

CHUNK_MS: Final = 100
"""Audio in one delta."""

MAX_UTTERANCES: Final = 16
"""Utterances that may wait to be understood; further ones are not heard."""

MAX_MANUAL_BYTES: Final = 8 * 2**20
"""Audio that may wait for a commit; what comes beyond is not kept."""

_CHUNK_BYTES: Final = CHUNK_MS * SPEAKING_RATE_HZ // 1000 * 2


class Speaking:
    """One answer at a time, in a task of its own.

    Args:
        tasks: The connection's task group.
        pace: How much faster than it plays audio is sent; real servers are several times faster. 0
            sends at once.
    """

    def __init__(self, tasks: TaskGroup, *, pace: float) -> None:
        self._tasks = tasks
        self._pace = pace
        self._scope: anyio.CancelScope | None = None

    @property
    def is_active(self) -> bool:
        """Whether an answer is under way."""
        return self._scope is not None

    def start(self, answer: Callable[[], Awaitable[None]]) -> None:
        """Begin an answer. What is under way must have been stopped."""
        self._scope = anyio.CancelScope()
        self._tasks.start_soon(self._run, self._scope, answer, name="simulator answer")

    def stop(self) -> bool:
        """Stop the answer under way; whether there was one."""
        scope, self._scope = self._scope, None
        if scope is not None:
            scope.cancel()
        return scope is not None

    def finished(self) -> None:
        """The answer under way has said its last; another may begin."""
        self._scope = None

    async def wait_for(self, audio_ms: int) -> None:
        """Wait as long as so much audio takes to send."""
        if self._pace:
            await anyio.sleep(audio_ms / 1000 / self._pace)
        else:
            await anyio.lowlevel.checkpoint()

    async def _run(self, scope: anyio.CancelScope, answer: Callable[[], Awaitable[None]]) -> None:
        with scope:
            await anyio.lowlevel.checkpoint()  # stopped before it began, it says nothing
            await answer()
        if self._scope is scope:
            self._scope = None


class Listening:
    """The user's audio: where turns begin and end, and what was said.

    Args:
        engine: What to hear with.
        tasks: The connection's task group.
        began: Called with the offset in ms when speech begins.
        ended: Called with the offset in ms when it ends.
        understood: Called with the words, after `ended`, in order.
    """

    def __init__(
        self,
        engine: Engine,
        tasks: TaskGroup,
        *,
        began: Callable[[int], None],
        ended: Callable[[int], None],
        understood: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._began = began
        self._ended = ended
        self._understood = understood
        self._rate_hz = HEARING_RATE_HZ
        self._ears: Ears | None = None
        self._manual = bytearray()
        self._is_manual = False
        self._silence_ms = 0
        self._utterances: deque[bytes] = deque()  # the first one is being understood
        self._progress = anyio.Event()
        tasks.start_soon(self._understand, name="simulator ears")

    def configure(
        self, *, rate_hz: int, is_manual: bool, prefix_padding_ms: int, silence_ms: int
    ) -> None:
        """How the audio comes and how turns are found. Audio heard so far is forgotten."""
        self._rate_hz = rate_hz
        self._is_manual = is_manual
        self._silence_ms = silence_ms
        self._manual.clear()
        self._ears = self._engine.ears(
            rate_hz=rate_hz, prefix_padding_ms=prefix_padding_ms, silence_ms=silence_ms
        )

    def feed(self, pcm: bytes) -> None:
        """The next piece of the user's audio."""
        if self._is_manual:
            self._manual += pcm[: MAX_MANUAL_BYTES - len(self._manual)]
        elif self._ears is not None:
            for event in self._ears.feed(pcm):
                if isinstance(event, SpeechBegan):
                    self._began(event.at_ms)
                else:
                    self._ended(event.at_ms)
                    self._hear(event.pcm)

    def end(self) -> None:
        """The microphone is off: as much silence as ends an utterance."""
        if not self._is_manual:
            self.feed(bytes((self._silence_ms + CHUNK_MS) * self._rate_hz // 1000 * 2))

    @property
    def manual_ms(self) -> int:
        """Audio that waits for a commit."""
        return len(self._manual) // 2 * 1000 // self._rate_hz

    def clear(self) -> None:
        """Forget what waits for a commit."""
        self._manual.clear()

    def commit(self) -> None:
        """End a turn that the client decides on."""
        pcm = bytes(self._manual)
        self._manual.clear()
        self._hear(pcm if self._ears is None else self._ears.utterance(pcm))

    async def settled(self) -> None:
        """Return once everything that was heard is understood."""
        while self._utterances:
            await self._progress.wait()

    def _hear(self, pcm: bytes) -> None:
        if len(self._utterances) < MAX_UTTERANCES:
            self._utterances.append(pcm)
            self._progressed()

    def _progressed(self) -> None:
        self._progress.set()
        self._progress = anyio.Event()

    async def _understand(self) -> None:
        while True:
            while not self._utterances:
                await self._progress.wait()
            self._understood(await self._engine.understand(self._utterances[0]))
            self._utterances.popleft()
            self._progressed()


def chunks_of(pcm: bytes) -> list[bytes]:
    """24 kHz PCM16 in pieces of CHUNK_MS."""
    return [pcm[at : at + _CHUNK_BYTES] for at in range(0, len(pcm), _CHUNK_BYTES)]


def words_of(text: str, n_chunks: int) -> list[str]:
    """The text in as many pieces, whole words with the space before them; pieces may be empty.

    Example:
        >>> words_of("a b c", 2)
        ['a b', ' c']
    """
    words = text.split(" ")
    pieces = [""] * max(1, n_chunks)
    for n, word in enumerate(words):
        pieces[n * len(pieces) // len(words)] += word if n == 0 else f" {word}"
    return pieces


def duration_ms(pcm: bytes) -> int:
    """How long 24 kHz PCM16 lasts."""
    return len(pcm) // 2 * 1000 // SPEAKING_RATE_HZ
