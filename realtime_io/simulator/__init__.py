"""A simulator of both protocols on this machine: no key, no network, and, where installed, a voice.

It is built on the server role of the protocol core and speaks the vendors' wire formats, so that
any client of theirs can talk to it. What it answers is data: a Scenario of phrases, tools and
answers.
"""

from __future__ import annotations

from realtime_io.simulator._scenario import DEFAULT_SCENARIO, Rule, Scenario
from realtime_io.simulator._server import Simulator

__all__ = ("DEFAULT_SCENARIO", "Rule", "Scenario", "Simulator")
