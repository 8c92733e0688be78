"""What a conversation used: tokens by modality and cache, seconds transcribed, and how long the
user waited.

Providers count alike in one thing only: the input of a response is the whole conversation so far,
each time anew, and it is billed so. Everything else is mapped to `Usage` by the dialects: cached
tokens are a part of the input, never beside it; reasoning is output that is not heard; the user's
transcription is a model of its own and has counts of its own.

Nothing is counted twice. `UsageLedger` adds up reports by key (a response, a turn): a second report
under the same key replaces the first, because servers repeat a turn's counts as they grow. Models
that count over the whole session are told apart by the dialect (`is_cumulative`); of theirs only
the growth is added.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
from attrs import define, field, frozen

from realtime_proto._json import JsonObject
from realtime_proto._newest import keep_newest
from realtime_proto.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("PRICES", "Tokens", "TurnClock", "TurnMetrics", "Usage", "UsageLedger")

_How: TypeAlias = Callable[[Any, Any], Any]

MAX_KEYS: Final = 1_024
"""Reports remembered by key. A server repeats itself at once or never."""

MAX_TURNS: Final = 64
"""Turns timed at once. Real conversations have one or two under way."""


@frozen(kw_only=True)
class Tokens:
    """Token counts by modality. `other`: counted by the server under no modality it named."""

    text: int = 0
    audio: int = 0
    image: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.text + self.audio + self.image + self.other

    def __add__(self, more: Tokens) -> Tokens:
        return _combined(self, more, lambda mine, theirs: mine + theirs)


@frozen(kw_only=True)
class Usage:
    """What was used.

    Args:
        input: What the model read and heard.
        cached: The part of `input` that came from the cache.
        output: What the model wrote and said, `reasoning` not included.
        reasoning: Tokens the model thought.
        transcription_input: What the transcriber of the user's words heard.
        transcription_output: What it wrote.
        transcription_s: Seconds it heard, where it is paid by time.
        raw: The server's own counts, by the fields of the wire's event; None for sums.

    Example:
        >>> usage = Usage(input=Tokens(text=1000, audio=500), cached=Tokens(text=400))
        >>> usage.cost({"input_text": 4, "cached_text": 0.4, "input_audio": 32})
        Decimal('0.01856')
    """

    input: Tokens = Tokens()
    cached: Tokens = Tokens()
    output: Tokens = Tokens()
    reasoning: int = 0
    transcription_input: Tokens = Tokens()
    transcription_output: Tokens = Tokens()
    transcription_s: float = 0.0
    raw: JsonObject | None = field(default=None, repr=False)

    @property
    def total(self) -> int:
        """Tokens in and out of the model, transcription aside."""
        return self.input.total + self.output.total + self.reasoning

    def __add__(self, more: Usage) -> Usage:
        return _each(self, more, lambda mine, theirs: mine + theirs)

    def growth_since(self, before: Usage) -> Usage:
        """What came on top of *before*, of counts that only grow; what shrank began anew."""
        shrank = any(now < then for now, then in zip(_counts(self), _counts(before), strict=True))
        return _each(self, _NOTHING if shrank else before, lambda now, then: now - then)

    def at_least(self, before: Usage) -> Usage:
        """Of each count the higher one."""
        return _each(self, before, max)

    def cost(self, prices: Mapping[str, float | Decimal]) -> Decimal:
        """What it costs, in the currency of the prices.

        Args:
            prices: Price of a million tokens by the names in `PRICES`, and of a second as
                "transcription_s". Prices change; this library knows none. `cached_*` not given:
                cached tokens cost what fresh ones do. `reasoning` not given: as `output_text`.

        Raises:
            ConfigurationError: A price is missing for something that was used, or is no price.
        """
        million = Decimal(1_000_000)
        total = Decimal(0)
        missing = []
        for name, count in self._billed(prices).items():
            if not count:
                continue
            price = prices.get(name)
            if price is None:
                missing.append(name)
            else:
                total += _price(name, price) * count / million
        if self.transcription_s:
            if "transcription_s" in prices:
                rate = _price("transcription_s", prices["transcription_s"])
                total += rate * Decimal(str(self.transcription_s))
            else:
                missing.append("transcription_s")
        if missing:
            raise ConfigurationError(f"no price for {', '.join(missing)}", code="missing_price")
        return total

    def _billed(self, prices: Mapping[str, float | Decimal]) -> dict[str, int]:
        billed: dict[str, int] = {}
        for modality in _MODALITIES:
            fresh, cached = getattr(self.input, modality), getattr(self.cached, modality)
            if f"cached_{modality}" in prices:
                fresh -= cached
                billed[f"cached_{modality}"] = cached
            billed[f"input_{modality}"] = fresh
            billed[f"output_{modality}"] = getattr(self.output, modality)
            for way in ("input", "output"):
                tokens = getattr(self, f"transcription_{way}")
                billed[f"transcription_{way}_{modality}"] = getattr(tokens, modality)
        if "reasoning" in prices:
            billed["reasoning"] = self.reasoning
        else:
            billed["output_text"] += self.reasoning
        return billed


_MODALITIES: Final = tuple(attribute.name for attribute in attrs.fields(Tokens))

PRICES: Final = (
    *(f"{side}_{modality}" for side in ("input", "cached", "output") for modality in _MODALITIES),
    "reasoning",
    *(f"transcription_{way}_{m}" for way in ("input", "output") for m in _MODALITIES),
    "transcription_s",
)
"""The names `Usage.cost` knows prices by."""


def _combined(mine: Tokens, theirs: Tokens, how: _How) -> Tokens:
    pairs = zip(_MODALITIES, attrs.astuple(mine), attrs.astuple(theirs), strict=True)
    return Tokens(**{name: how(a, b) for name, a, b in pairs})


def _each(mine: Usage, theirs: Usage, how: _How) -> Usage:
    combined: dict[str, Any] = {}
    for attribute in attrs.fields(Usage):
        a, b = getattr(mine, attribute.name), getattr(theirs, attribute.name)
        if attribute.name != "raw":
            is_tokens = isinstance(a, Tokens)
            combined[attribute.name] = _combined(a, b, how) if is_tokens else how(a, b)
    return Usage(**combined)


def _counts(usage: Usage) -> list[float]:
    counts: list[float] = []
    for value in attrs.astuple(attrs.evolve(usage, raw=None), recurse=False):
        if isinstance(value, Tokens):
            counts += attrs.astuple(value)
        elif value is not None:
            counts.append(value)
    return counts


def _price(name: str, price: object) -> Decimal:
    if isinstance(price, bool) or not isinstance(price, int | float | Decimal):
        raise ConfigurationError(f"the price of {name} is no number: {price!r:.40}")
    amount = Decimal(str(price))
    if not amount.is_finite() or amount < 0:
        raise ConfigurationError(f"the price of {name} is no price: {price!r:.40}")
    return amount


_NOTHING: Final = Usage()


class UsageLedger:
    """What the whole conversation used so far."""

    __slots__ = ("_by_key", "_closed", "_counter")

    def __init__(self) -> None:
        self._closed = _NOTHING
        self._by_key: dict[str, Usage] = {}
        self._counter: Usage | None = None

    @property
    def total(self) -> Usage:
        """Everything, each thing once."""
        return sum(self._by_key.values(), self._closed)

    def report(self, key: str, usage: Usage, *, is_cumulative: bool = False) -> Usage | None:
        """The server said what something used. Gives what is new in it; None: nothing is.

        Args:
            key: The response, turn or item it was used for; said again, the higher counts hold.
            usage: The counts.
            is_cumulative: They count from the beginning of the connection, not of `key`.
        """
        before = self._by_key.get(key, _NOTHING)
        now = usage
        if is_cumulative:
            now = usage if self._counter is None else usage.growth_since(self._counter)
            self._counter = usage
            now = before + now
        now = now.at_least(before)
        new = now.growth_since(before)
        if key in self._by_key and new == _NOTHING:
            return None
        self._by_key[key] = now
        if len(self._by_key) > MAX_KEYS:
            self._closed += self._by_key.pop(next(iter(self._by_key)))
        return attrs.evolve(new, raw=usage.raw)

    def begin_connection(self) -> None:
        """A new connection counts from nothing."""
        self._counter = None


@frozen(kw_only=True)
class TurnMetrics:
    """How long one answer took, in milliseconds. None: the times for it were never there.

    Args:
        wait_ms: From the end of the user's turn (speech heard to stop, a commit, a text) to the
            first audio, or the first text where there is no audio.
        think_ms: From the beginning of the response to its first audio or text.
        tool_ms: Spent on the tools this answer had to wait for, from the first call to the last
            result: its own calls, or those of the answer before, as the provider has it.
        total_ms: From the beginning of the response to its end.
        interrupted_ms: From the first audio to the interruption.
    """

    wait_ms: int | None = None
    think_ms: int | None = None
    tool_ms: int | None = None
    total_ms: int | None = None
    interrupted_ms: int | None = None


@define
class _Turn:
    started_us: int
    asked_us: int | None = None
    first_us: int | None = None
    tool_us: int | None = None
    interrupted_us: int | None = None


class TurnClock:
    """Times answers. Every method takes the time it happened, in microseconds."""

    __slots__ = ("_asked_us", "_called_us", "_turns", "_waited_us")

    def __init__(self) -> None:
        self._asked_us: int | None = None
        self._called_us: dict[str, int] = {}
        self._waited_us: int | None = None
        self._turns: dict[str, _Turn] = {}

    def asked(self, now_us: int) -> None:
        """The user's turn ended: an answer is due."""
        self._asked_us = now_us

    def started(self, response_id: str, now_us: int) -> None:
        """An answer began. It answers what was asked last, if that is not answered yet."""
        keep_newest(self._turns, MAX_TURNS - 1)
        self._turns[response_id] = _Turn(now_us, self._asked_us, tool_us=self._waited_us)
        self._asked_us = self._waited_us = None

    def output(self, response_id: str, now_us: int) -> None:
        """Audio or text of an answer came."""
        turn = self._turns.get(response_id)
        if turn is not None and turn.first_us is None:
            turn.first_us = now_us

    def called(self, response_id: str, now_us: int) -> None:
        """An answer asked for a tool."""
        self._called_us.setdefault(response_id, now_us)
        keep_newest(self._called_us, MAX_TURNS)

    def answered(self, response_id: str, now_us: int) -> None:
        """A tool call of an answer got its result: that answer waited for it, or the next one."""
        called_us = self._called_us.get(response_id)
        if called_us is None:
            return
        turn = self._turns.get(response_id)
        if turn is None:
            self._waited_us = now_us - called_us
        else:
            turn.tool_us = now_us - called_us

    def interrupted(self, now_us: int) -> None:
        """The user came in: all answers under way are cut."""
        for turn in self._turns.values():
            if turn.interrupted_us is None:
                turn.interrupted_us = now_us

    def done(self, response_id: str, now_us: int) -> TurnMetrics | None:
        """An answer ended. Its times; None where its beginning was not seen."""
        turn = self._turns.pop(response_id, None)
        if turn is None:
            return None
        cut_us = turn.interrupted_us
        return TurnMetrics(
            wait_ms=_ms(turn.asked_us, turn.first_us),
            think_ms=_ms(turn.started_us, turn.first_us),
            tool_ms=_ms(0, turn.tool_us),
            total_ms=_ms(turn.started_us, now_us),
            interrupted_ms=_ms(turn.first_us, cut_us),
        )


def _ms(start_us: int | None, end_us: int | None) -> int | None:
    return None if start_us is None or end_us is None else (end_us - start_us) // 1000
