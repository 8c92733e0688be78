"""`python -m bench [--rounds N] [decode] [stages] [encode] [startup]`, with `tests` on the path."""

from __future__ import annotations

import argparse

from bench import decode, encode, stages, startup

BENCHMARKS = {
    "decode": decode.run,
    "stages": stages.run,
    "encode": encode.run,
    "startup": startup.run,
}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHMARKS)}")
    parser.add_argument("--rounds", type=int, default=200, help="more are steadier, and slower")
    arguments = parser.parse_args()
    for name in arguments.names or BENCHMARKS:
        print(f"## {name}\n")
        BENCHMARKS[name](n_rounds=arguments.rounds)


if __name__ == "__main__":
    main()
