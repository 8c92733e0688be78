"""What was said last on the wire, either way: the names of events and their sizes, nothing else.

For the error that ends a conversation, which is often explained by what went before it. An error is
shown and logged, so no word of anybody's and no credential may be in it: names tell enough. Events
of one name in a row are one entry, so that speech does not push out all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Trace",)

MAX_RUNS: Final = 12

MAX_NAME: Final = 64
"""Characters of a name that are shown: one that is not known is the peer's own."""


class Trace:
    """The last events of one conversation, over all its connections.

    Attributes:
        last_sent: The name, on the wire, of the last event we sent.

    Example:
        >>> trace = Trace()
        >>> trace.last_sent is None
        True
    """

    def __init__(self) -> None:
        self.last_sent: str | None = None
        self._runs: list[list[Any]] = []  # arrow, name, events, characters
        self._run: list[Any] = ["", "", 0, 0]  # the last of them, for most events go on with it

    def sent(self, event: Any, n_characters: int) -> None:
        """We say *event*, in a frame of so many characters."""
        self.last_sent = name = event.type or _name_of(event)
        self._add(">", name, n_characters)

    def received(self, events: Sequence[Any], n_characters: int) -> None:
        """The peer said *events*, in one frame of so many characters; none: nothing readable."""
        run = self._run
        for event in events:
            name = event.type or _name_of(event)
            # As `_add` has it, without the call: every frame comes this way.
            if run[1] == name and run[0] == "<":
                run[2] += 1
                run[3] += n_characters
            else:
                run = self._add("<", name, n_characters)
            n_characters = 0
        if not events:
            self._add("<", "(nothing that can be read)", n_characters)

    def _add(self, arrow: str, name: str, n_characters: int) -> list[Any]:
        run = self._run
        if run[1] == name and run[0] == arrow:
            run[2] += 1
            run[3] += n_characters
        else:
            self._run = run = [arrow, name, 1, n_characters]
            self._runs.append(run)
            del self._runs[:-MAX_RUNS]
        return run

    def note(self) -> str:
        """What an error is told with: one line for each entry, the oldest first."""
        lines = ["the last events on the wire, ours (>) and the server's (<):"]
        for arrow, name, n_events, n_characters in self._runs:
            times = "" if n_events == 1 else f" {n_events} times,"
            shown = "".join(c if c.isprintable() else "?" for c in name[:MAX_NAME])
            lines.append(f"  {arrow} {shown}:{times} {n_characters} characters")
        return "\n".join(lines)


def _name_of(event: Any) -> str:
    """What has no type: an unknown event has a tag; one of Gemini's has a field that is called
    "type", and may be empty.
    """
    return str(getattr(event, "tag", type(event).__name__))
