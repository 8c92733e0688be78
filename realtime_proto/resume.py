"""What survives the process: with it a new conversation goes on where another one ended.

A server that keeps sessions gives a handle, good for some time; with every other one the history is
told to a new session. `ResumeState` holds both, with times in seconds since 1970: a monotonic clock
means nothing in another process.
"""

from __future__ import annotations

from typing import Final

import attrs
from attrs import field, frozen

from realtime_proto._json import dumps, loads
from realtime_proto.errors import ConfigurationError
from realtime_proto.history import History

__all__ = ("HANDLE_S", "ResumeState")

FORMAT: Final = "realtime-io resume state"
VERSION: Final = 1

HANDLE_S: Final = 7_200.0
"""How long a handle is good for: two hours, as the vendor's Live API guide said in 2026-11. One
that ended earlier costs one refused attempt."""


@frozen(kw_only=True)
class ResumeState:
    """Where a conversation stands.

    Args:
        provider: The provider's name. A handle is of no use to another one.
        model: The model, as the configuration names it. A handle belongs to it.
        handle: The newest handle that can be resumed. None where there is none.
        handle_at: When it came, in seconds since 1970.
        saved_at: Of when this is, in seconds since 1970.
        history: The conversation, as `History.save` gives it.

    Example:
        >>> state = ResumeState(provider="gemini", history=History().save())
        >>> ResumeState.from_json(state.to_json()) == state
        True
    """

    provider: str
    model: str | None = None
    handle: str | None = field(default=None, repr=False)
    handle_at: float = 0.0
    saved_at: float = 0.0
    history: str = field(repr=False)

    def handle_for(self, provider: str, model: str | None) -> str | None:
        """The handle, if it is this provider's and model's."""
        return self.handle if (self.provider, self.model) == (provider, model) else None

    def to_json(self) -> str:
        """The state as JSON text. It lets whoever has it go on with the session: keep it safe."""
        return dumps({"format": FORMAT, "version": VERSION, **attrs.asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> ResumeState:
        """The state of a text that `to_json` gave.

        Raises:
            ConfigurationError: It is none.
        """
        if not isinstance(text, str | bytes):
            raise ConfigurationError(f"a saved state is text, not {type(text).__name__}")
        try:
            value = dict(loads(text))
            if (value.pop("format", None), value.pop("version", None)) != (FORMAT, VERSION):
                raise ValueError(f"it is no {FORMAT} of version {VERSION}")
            state = cls(**value)
        except (ValueError, TypeError) as exc:
            raise ConfigurationError(f"this is no saved state: {exc}") from None
        for name, kinds in _KINDS.items():
            if not isinstance(getattr(state, name), kinds):
                raise ConfigurationError(f"this is no saved state: {name} is of the wrong type")
        History.load(state.history)
        return state


_KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    "provider": str,
    "model": (str, type(None)),
    "handle": (str, type(None)),
    "handle_at": (int, float),
    "saved_at": (int, float),
    "history": str,
}
