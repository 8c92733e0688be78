"""Runs a `test_one_input(data)`: under atheris where it is installed, under a mutator of our own
elsewhere.

    python fuzz/fuzz_openai_receive.py [--runs N] [--seed N]     our mutator
    python fuzz/fuzz_openai_receive.py -max_total_time=600       atheris, if it is there

Atheris is led by the coverage of our packages. The mutator knows none, but is seeded, so that a run
can be done again: it changes, cuts, repeats and joins the files of the corpus, and puts in words of
the protocol and what tends to hurt. An input that breaks an invariant is written to
fuzz/corpus/finds, whose files every test run replays; leave it there when the fault is mended.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.util
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FunctionType
from typing import Final

__all__ = ("CORPUS", "corpus", "main", "mutations", "replay")

CORPUS: Final = Path(__file__).parent / "corpus"
FINDS: Final = "finds"
"""The folder of the corpus that has what broke an invariant."""

WATCHED: Final = ("realtime_proto", "realtime_io", "wsproto", "h11")
"""Packages whose coverage leads atheris."""

TestOneInput = Callable[[bytes], None]

SIZE_LIMIT: Final = 64 * 1024

HURTS: Final = (
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"NaN",
    b"18446744073709551616",
    b'""',
    b"[]",
    b"{}",
    b"[" * 70,
    b'{"a":' * 70,
    b"\\ud800",
    b"\xff",
    b"\x00",
    b"AAAA",
    b"AA-_",
    b"====",
    b'"type":',
    b'"type":null,',
    b"@audio@",
)


def corpus(*folders: str) -> list[bytes]:
    """The inputs in these folders of the corpus, and all finds."""
    return [
        path.read_bytes()
        for folder in (*folders, FINDS)
        for path in sorted((CORPUS / folder).glob("*"))
        if path.is_file()
    ]


def replay(test_one_input: TestOneInput, seeds: Sequence[bytes]) -> None:
    """Try every input of *seeds* as it is."""
    for data in seeds:
        test_one_input(data)


def mutations(
    seeds: Sequence[bytes], words: Sequence[bytes], *, runs: int, seed: int
) -> Iterator[bytes]:
    """*runs* inputs made of *seeds*, the same ones for the same *seed*."""
    chance = random.Random(seed)
    words = (*words, *HURTS)
    for _ in range(runs):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 6))):
            _mutate(data, seeds, words, chance)
        yield bytes(data[:SIZE_LIMIT])


def _mutate(
    data: bytearray, seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random
) -> None:
    """Change *data* in one way."""
    at = chance.randint(0, len(data))
    end = min(len(data), at + chance.choice((1, 2, 4, 16, 64)))
    match chance.randrange(8):
        case 0:
            data[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
        case 1:
            del data[at:end]
        case 2:
            data[at:at] = chance.choice(words)
        case 3:
            data[at:end] = chance.choice(words)
        case 4:
            data[at:at] = data[at:end] * chance.choice((1, 2, 50))
        case 5:
            other = chance.choice(seeds)
            data[at:] = other[chance.randint(0, len(other)) :]
        case 6:
            digit = [n for n, byte in enumerate(data) if byte in b"0123456789"]
            if digit:
                data[chance.choice(digit)] = chance.choice(b"0123456789.-")
        case _:
            comma = [n for n, byte in enumerate(data) if byte in b',:{["']
            if comma:
                data[chance.choice(comma)] = chance.choice(b',:{}[]"')


def main(test_one_input: TestOneInput, *, folders: Sequence[str], words: Sequence[bytes]) -> None:
    """The command line of a target."""
    if importlib.util.find_spec("atheris") is None:
        _main_stdlib(test_one_input, folders=folders, words=words)
        return
    _main_atheris(test_one_input, folders=folders)


def _main_atheris(test_one_input: TestOneInput, *, folders: Sequence[str]) -> None:
    import atheris

    replay(test_one_input, corpus(*folders))  # this also compiles what is compiled when needed
    for function in [thing for thing in gc.get_objects() if isinstance(thing, FunctionType)]:
        if (function.__module__ or "").startswith(WATCHED):
            atheris.instrument_func(function)
    (CORPUS / FINDS).mkdir(exist_ok=True)
    # Given as folders, the first of them would get whatever it thinks is worth keeping.
    seeds = ",".join(str(path) for folder in folders for path in (CORPUS / folder).iterdir())
    options = (
        f"-seed_inputs={seeds}",
        f"-max_len={SIZE_LIMIT}",
        f"-artifact_prefix={CORPUS / FINDS}/",
    )
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:]], test_one_input)
    atheris.Fuzz()


def _main_stdlib(
    test_one_input: TestOneInput, *, folders: Sequence[str], words: Sequence[bytes]
) -> None:
    parser = argparse.ArgumentParser(description="Fuzz with the seeded mutator.")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seeds = corpus(*folders)
    replay(test_one_input, seeds)
    for data in mutations(seeds, words, runs=arguments.runs, seed=arguments.seed):
        try:
            test_one_input(data)
        except BaseException:
            find = CORPUS / FINDS / hashlib.sha256(data).hexdigest()[:16]
            find.parent.mkdir(exist_ok=True)
            find.write_bytes(data)
            print(f"broken by {find}", file=sys.stderr)
            raise
    print(f"{len(seeds)} inputs of the corpus and {arguments.runs} made of them: nothing broke")
