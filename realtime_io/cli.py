"""The command line: `python -m realtime_io demo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_io import demo
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("main",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0 when everything happened, 1 when something failed, 2 for wrong usage.
    """
    options = _parser().parse_args(argv)
    try:
        return demo.run(
            demo.Options(
                providers=tuple(options.provider or demo.PROVIDER_NAMES),
                backend=options.backend,
                with_voice=not options.no_voice,
                ask=options.ask,
                ask_wav=options.ask_wav,
                out=options.out,
            )
        )
    except RealtimeError as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m realtime_io",
        description="Live voice conversations with language models.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "demo",
        help="hold a spoken conversation with a simulated model: no key, no network",
        description="Start the local simulator and hold a spoken conversation with it through "
        "each provider's protocol. The exit code is 0 only when everything happened.",
    )
    command.add_argument(
        "--provider",
        action="append",
        choices=demo.PROVIDER_NAMES,
        help="only this provider (may be given again); both by default",
    )
    command.add_argument(
        "--backend",
        choices=("asyncio", "trio"),
        default="asyncio",
        help="the event loop (default: asyncio)",
    )
    question = command.add_mutually_exclusive_group()
    question.add_argument("--ask", metavar="TEXT", help="ask this instead of for the weather")
    question.add_argument(
        "--ask-wav", metavar="FILE", type=Path, help="ask with this recording (mono PCM16 WAV)"
    )
    command.add_argument(
        "--no-voice", action="store_true", help="write instead of speaking and listening"
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("demo-out"),
        help="where the answers go as WAV files (default: demo-out)",
    )
    return parser
