"""What the user's voice does to the assistant's: a policy as a small machine.

    QUIET --user began--> SPEAKING (immediate: cut; off: nothing)
    QUIET --user began while something is said, tentative--> DOUBTED (hold)
    DOUBTED --time is up, or words were understood--> SPEAKING (cut)
    DOUBTED --user stopped--> QUIET (go on; it was no turn)
    SPEAKING --user stopped--> QUIET (it was a turn)

It decides and does nothing: its caller holds, cuts and goes on.
"""

from __future__ import annotations

import enum
from typing import Final

from realtime_proto.config import BargeIn

__all__ = ("BargeInMachine", "BargeInPhase")

MIN_WORDS: Final = 2
"""So many words in what was understood of the user are no mere sign of listening."""


class BargeInPhase(enum.Enum):
    """What the user is doing."""

    QUIET = "quiet"
    SPEAKING = "speaking"
    DOUBTED = "doubted"


class BargeInMachine:
    """One conversation's user, as far as the policy goes."""

    __slots__ = ("_words", "phase")

    def __init__(self) -> None:
        self.phase: BargeInPhase = BargeInPhase.QUIET
        self._words = ""

    @property
    def is_doubted(self) -> bool:
        """Whether the playback is held and nothing is decided."""
        return self.phase is BargeInPhase.DOUBTED

    def began(self, policy: BargeIn, *, is_answering: bool) -> bool:
        """The user began to speak: whether to cut. Where `is_doubted` then holds: hold.

        Args:
            policy: The one in force.
            is_answering: The assistant speaks, or is about to.
        """
        self._words = ""
        if policy is BargeIn.TENTATIVE and is_answering:
            self.phase = BargeInPhase.DOUBTED
            return False
        self.phase = BargeInPhase.SPEAKING
        return policy is BargeIn.IMMEDIATE

    def understood(self, text: str) -> bool:
        """More of the user's words came: whether that decides for a cut."""
        if not self.is_doubted:
            return False
        self._words = f"{self._words}{text}"[-200:]
        return len(self._words.split()) >= MIN_WORDS

    def confirm(self) -> None:
        """What was said to the user was cut: what he says is a turn."""
        if self.is_doubted:
            self.phase = BargeInPhase.SPEAKING

    def stopped(self) -> bool:
        """The user stopped: whether it was a turn. False where the playback is to go on."""
        was_turn = not self.is_doubted
        self.phase = BargeInPhase.QUIET
        return was_turn
