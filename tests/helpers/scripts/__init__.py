"""Twelve conversations with each provider, written by hand: what the server says and from where
that is known, what the application does, and what must come of it.

Interruption, truncation, cancelling, `goAway`, resumption and most errors are in no recording; here
they are. `run` plays a script against a `Conversation`. Every frame the client sends has to be
named (`Sends`), in order; of the events, those named (`Happens`) have to come in their order.

Sources are abbreviated: "ref" is the vendor's API reference of 2026-08 (OpenAI: openai-openapi
f85dbe2; Gemini: ai.google.dev/api/live), "rec" recorded traffic of 2026-07, "iss" the issue
trackers of client libraries, "proto" the generativelanguage v1beta descriptors.
"""

from __future__ import annotations

from helpers.scripts._play import Dials, Does, Drops, Happens, Says, Script, Sends, Waits, run
from helpers.scripts.gemini import GEMINI
from helpers.scripts.openai import OPENAI
from realtime_proto import RealtimeConfig, VADMode

__all__ = (
    "SCRIPTS",
    "Dials",
    "Does",
    "Drops",
    "Happens",
    "Says",
    "Script",
    "Sends",
    "Waits",
    "run",
)

_MANUAL = RealtimeConfig(vad_mode=VADMode.MANUAL)

SCRIPTS = tuple(
    Script(name, provider, steps, _MANUAL if name == "manual turn" else RealtimeConfig())
    for provider, scripts in (("openai", OPENAI), ("gemini", GEMINI))
    for name, steps in scripts.items()
)
"""All of them."""
