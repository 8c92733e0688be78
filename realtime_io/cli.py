"""The command line, `python -m realtime_io`: the demo, and the work on recordings."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from realtime_io import demo, recordings
from realtime_proto.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ("main",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0 when everything happened, 1 when something failed, 2 for wrong usage.
    """
    options = _parser().parse_args(argv)
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except RealtimeError as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has seen enough
        nowhere = os.open(os.devnull, os.O_WRONLY)  # for what is still flushed at the end
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return 0
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _demo(options: argparse.Namespace) -> int:
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


def _record(options: argparse.Namespace) -> int:
    return recordings.record(
        recordings.RecordOptions(
            out=options.out,
            asks=options.ask,
            provider=options.provider,
            base_url=options.base_url,
            audio=options.audio,
            backend=options.backend,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m realtime_io",
        description="Live voice conversations with language models.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_recordings(commands)
    return parser


def _add_demo(commands: Commands) -> None:
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
    _add_backend(command)
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
    command.set_defaults(run=_demo)


def _add_recordings(commands: Commands) -> None:
    command = commands.add_parser("record", help="hold a written conversation and record it")
    command.add_argument("out", metavar="OUT", type=Path, help="the file to make")
    command.add_argument(
        "--ask",
        action="append",
        required=True,
        metavar="TEXT",
        help="what to write; may be given again",
    )
    command.add_argument("--provider", help="whose model; chosen by the environment otherwise")
    command.add_argument("--base-url", help="another server than the provider's own")
    _add_backend(command)
    _add_audio(command)
    command.set_defaults(run=_record)

    command = commands.add_parser(
        "import",
        help="make a recording of a log of frames",
        description="Read a HAR file, a YAML cassette or JSON lines, and write recordings.",
    )
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("-o", "--out", metavar="OUT", type=Path, required=True)
    _add_audio(command)
    command.set_defaults(
        run=lambda options: recordings.import_log(options.file, options.out, audio=options.audio)
    )

    command = commands.add_parser(
        "convert", help="make a recording of another one, with its audio kept otherwise"
    )
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("-o", "--out", metavar="OUT", type=Path, required=True)
    _add_audio(command)
    command.set_defaults(
        run=lambda options: recordings.convert_recording(
            options.file, options.out, audio=options.audio
        )
    )

    command = commands.add_parser(
        "replay",
        help="replay recordings and report",
        description="The exit code is 0 only when every recording replays exactly.",
    )
    command.add_argument("files", metavar="FILE", type=Path, nargs="+")
    command.add_argument(
        "--jobs", metavar="N", type=int, default=1, help="processes to use (default: 1)"
    )
    command.set_defaults(
        run=lambda options: recordings.replay_files(options.files, jobs=options.jobs)
    )

    command = commands.add_parser("inspect", help="print a recording, a line per record")
    command.add_argument("file", metavar="FILE", type=Path)
    command.set_defaults(run=lambda options: recordings.inspect(options.file))

    command = commands.add_parser(
        "diff",
        help="compare two recordings, times apart",
        description="The exit code is 0 only when they do not differ.",
    )
    command.add_argument("first", metavar="A", type=Path)
    command.add_argument("second", metavar="B", type=Path)
    command.set_defaults(run=lambda options: recordings.diff(options.first, options.second))


def _add_backend(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--backend",
        choices=("asyncio", "trio"),
        default="asyncio",
        help="the event loop (default: asyncio)",
    )


def _add_audio(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--audio",
        choices=("inline", "sidecar", "dropped"),
        default="inline",
        help="keep the audio in the recording, in WAV files beside it, or keep its length and hash "
        "(default: inline)",
    )
