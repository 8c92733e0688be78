"""The command line, `python -m realtime_io`: the demo, and the work on recordings."""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from realtime_io import demo, recordings
from realtime_proto.errors import ConfigurationError, RealtimeError
from realtime_proto.faults import Cut, Delay, Drop, Duplicate, Nth, Reorder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_proto.faults import At, Fault

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ("main",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0 when everything happened, 1 when something failed, 2 for wrong usage.
    """
    options = _parser().parse_args(argv)
    try:
        if getattr(options, "backend", None) == "trio" and find_spec("trio") is None:
            raise ConfigurationError("trio is not installed: pip install 'realtime-io[trio]'")
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


def _play(options: argparse.Namespace) -> int:
    return recordings.play_recording(
        recordings.PlayOptions(
            source=options.file,
            port=options.port,
            compare=options.compare,
            pace=options.pace,
            timeout_s=options.timeout,
            redact=options.redact or (),
            faults=options.fault or (),
            backend=options.backend,
        )
    )


def _call(options: argparse.Namespace) -> int:
    return recordings.call_server(
        recordings.CallOptions(
            source=options.file,
            base_url=options.base_url,
            compare=options.compare,
            pace=options.pace,
            timeout_s=options.timeout,
            redact=options.redact or (),
            ignored=options.ignore or (),
            model=options.model,
            key_variable=options.key_variable,
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

    _add_play(commands)
    _add_call(commands)

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


def _add_play(commands: Commands) -> None:
    command = commands.add_parser(
        "play",
        help="be the server of a recording, for a client in any language",
        description="Listen on 127.0.0.1 and say what the recording's server said, when all that "
        "the client had said before has been said again. It ends when every recorded connection "
        "was had; where something was made to go wrong, when nothing has come for as long as "
        "--timeout. The exit code is 0 only when all was said; 1 with the first difference. FRAME "
        "is a line as `inspect` shows it, or an event and, behind a colon, which one: "
        "response.done:2. There may be several.",
    )
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument(
        "--port", metavar="N", type=_port, default=0, help="where to listen (default: a free one)"
    )
    _add_comparison(command, peer="client", compare="strict")
    for name, make, text in (
        ("--cut", Cut, "break the connection behind this frame"),
        ("--drop", Drop, "never send it"),
        ("--duplicate", Duplicate, "send it twice"),
        ("--reorder", Reorder, "send it behind the next one"),
    ):
        command.add_argument(
            name, metavar="FRAME", dest="fault", action="append", type=_fault(make), help=text
        )
    command.add_argument(
        "--delay",
        metavar="FRAME=S",
        dest="fault",
        action="append",
        type=_delay,
        help="send it so many seconds later",
    )
    _add_backend(command)
    command.set_defaults(run=_play)


def _add_call(commands: Commands) -> None:
    command = commands.add_parser(
        "call",
        help="be the client of a recording, for a server of yours",
        description="Connect to URL as the provider's clients do, and say what the recording's "
        "client said, when all that the server had said before has been said again. The exit code "
        "is 0 only when the server said the same; 1 with the first difference.",
    )
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("base_url", metavar="URL", help="such as http://127.0.0.1:8080/v1")
    _add_comparison(command, peer="server", compare="type")
    command.add_argument(
        "--ignore",
        metavar="TYPE",
        action="append",
        help="events of this type may come or not; may be given again",
    )
    command.add_argument("--model", help="another model than the recorded one")
    command.add_argument(
        "--key-variable",
        metavar="NAME",
        help="the environment variable that has the key to show (default: a key that is none)",
    )
    _add_backend(command)
    command.set_defaults(run=_call)


def _add_comparison(command: argparse.ArgumentParser, *, peer: str, compare: str) -> None:
    """How a peer of one's own is compared with a recorded one."""
    command.add_argument(
        "--compare",
        choices=("strict", "type"),
        default=compare,
        help=f"what the {peer} says must be the same, or of the same types (default: {compare})",
    )
    command.add_argument(
        "--pace",
        metavar="X",
        type=_seconds,
        default=1.0,
        help="how long a recorded second takes, in seconds; 0: no pauses (default: 1)",
    )
    command.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=5.0,
        help=f"how much longer than recorded the {peer} may take, in seconds (default: 5)",
    )
    command.add_argument(
        "--redact",
        metavar="PATTERN",
        action="append",
        type=_pattern,
        help="what else was taken out of the recording; may be given again",
    )


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"a port is from 0 to 65535, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 <= float(text) < inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"a number of seconds from 0 is wanted, not {text!r}")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is no pattern: {exc}") from None
    return text


def _fault(make: Callable[[At], Fault]) -> Callable[[str], Fault]:
    def read(text: str) -> Fault:
        event, _, n = text.partition(":")
        with suppress(ValueError):  # as a ConfigurationError is, too
            return make(int(text) if text.isdecimal() else Nth(event, int(n or 1)))
        raise argparse.ArgumentTypeError(
            f"a frame is a line, or an event like response.done:2, not {text!r}"
        )

    return read


def _delay(text: str) -> Fault:
    frame, _, seconds = text.rpartition("=")
    return _fault(partial(Delay, by_s=_seconds(seconds)))(frame)


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
