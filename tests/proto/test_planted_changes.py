"""What recordings are for: a change of behaviour is found by replaying what was recorded before it.

Each change is one switch in the core, as a slip in an edit would be. The journals are those of all
scripted conversations, recorded by the core as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from attrs import frozen
from helpers.scripts import SCRIPTS, run

from realtime_proto import Interrupted
from realtime_proto._desk import Desk
from realtime_proto.ledgers import Cut, PlaybackLedger
from realtime_proto.openai._arbiter import ResponseArbiter
from realtime_proto.openai._responses import Responses
from realtime_proto.replay import replay
from realtime_proto.usage import UsageLedger

if TYPE_CHECKING:
    from realtime_proto.report import Difference

BOTH = {"openai", "gemini"}


@pytest.fixture(scope="module", name="journals")
def journals_fixture() -> dict[tuple[str, str], list[str]]:
    """The lines of a journal of each script."""
    journals: dict[tuple[str, str], list[str]] = {}
    for script in SCRIPTS:
        lines: list[str] = []
        run(script, sink=lines.append)
        journals[script.provider, script.name] = lines
    return journals


def found_by(journals: dict[tuple[str, str], list[str]]) -> dict[tuple[str, str], Difference]:
    """The first difference of each journal that does not replay exactly."""
    reports = {name: replay(lines) for name, lines in journals.items()}
    return {name: report.differences[0] for name, report in reports.items() if report.differences}


@frozen(kw_only=True)
class Change:
    """A slip.

    Args:
        owner: The class it is in.
        name: Its method.
        make: Makes the changed method of the right one.
        shows: Where conversations find it first, by provider and name: path, expected, actual.
    """

    owner: type
    name: str
    make: Callable[[Any], Callable[..., Any]]
    shows: dict[tuple[str, str], tuple[str, str | None, str | None]]


def create(event_id: str) -> str:
    """A response.create as a record of frames shows it."""
    frame = json.dumps({"type": "response.create", "event_id": event_id}, separators=(",", ":"))
    return json.dumps({"frame": frame}, separators=(",", ":"))


def _due_at_once(_: Any) -> Callable[..., Any]:
    return lambda self: self._queue[0] if self._queue else None


def _goes_not_on(_: Any) -> Callable[..., Any]:
    return lambda self, response_id, record, fx: None


def _cut_too_late(right: Any) -> Callable[..., Any]:
    def cut(self: PlaybackLedger, *, now_us: int) -> list[Cut]:
        return [attrs.evolve(c, played_ms=c.received_ms + 1) for c in right(self, now_us=now_us)]

    return cut


def _counted_twice(right: Any) -> Callable[..., Any]:
    def report(self: UsageLedger, key: str, usage: Any, **how: Any) -> Any:
        counted = right(self, key, usage, **how)
        return None if counted is None else attrs.evolve(counted + counted, raw=counted.raw)

    return report


def _never_interrupted(right: Any) -> Callable[..., Any]:
    def emit(self: Desk, event: Any) -> None:
        if not isinstance(event, Interrupted):
            right(self, event)

    return emit


INTERRUPTED = '{"type":"Interrupted","item_id":"a1","played_ms":400,"heard_text":"One"}'

CHANGES = {
    "a response is asked for while another is active": Change(
        owner=ResponseArbiter,
        name="due",
        make=_due_at_once,
        shows={("openai", "cancel"): ("$.frames[1]", None, create("evt_6"))},
    ),
    "a tool is answered and the model not asked to go on": Change(
        owner=Responses,
        name="_continue",
        make=_goes_not_on,
        shows={("openai", "parallel tools"): ("$.frames[1]", create("evt_6"), None)},
    ),
    "more is said to be heard than was received": Change(
        owner=PlaybackLedger,
        name="cut",
        make=_cut_too_late,
        shows={
            ("openai", "barge-in"): ("$.frames[0].frame.audio_end_ms", "400", "1001"),
            ("gemini", "barge-in"): ("$.events[0].played_ms", "400", "1001"),
        },
    ),
    "usage is counted twice": Change(
        owner=UsageLedger,
        name="report",
        make=_counted_twice,
        shows={
            ("openai", "text turn"): ("$.events[0].usage.input.text", "20", "40"),
            ("gemini", "text turn"): ("$.events[1].usage.input.text", "20", "40"),
        },
    ),
    "an interruption is not told": Change(
        owner=Desk,
        name="emit",
        make=_never_interrupted,
        shows={
            ("openai", "barge-in"): ("$.events[1]", INTERRUPTED, None),
            ("gemini", "barge-in"): ("$.events[0].type", '"Interrupted"', '"TranscriptDelta"'),
        },
    ),
}


def test_the_core_as_it_is_replays_every_journal(
    journals: dict[tuple[str, str], list[str]],
) -> None:
    """So whatever is found below is found because of the change."""
    assert {} == found_by(journals)
    assert BOTH == {provider for provider, _ in journals}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found(
    what: str, journals: dict[tuple[str, str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the conversations it matters to, in the place where it matters; others stay exact."""
    change = CHANGES[what]
    right = getattr(change.owner, change.name)
    monkeypatch.setattr(change.owner, change.name, change.make(right))
    found = found_by(journals)
    for name, shown in change.shows.items():
        assert shown == (found[name].path, found[name].expected, found[name].actual)
    assert BOTH == {provider for provider, name in journals.keys() - found.keys()}
    monkeypatch.undo()
    assert {} == found_by({name: journals[name] for name in found})
