"""A short pass of every fuzz target, and the whole corpus through each."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from realtime_proto import gemini, openai

FUZZ = Path(__file__).parents[1] / "fuzz"

TARGETS = [path.stem for path in sorted(FUZZ.glob("fuzz_*.py"))]

N_MUTATIONS = 300


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FUZZ))


def test_there_is_a_target_for_each_thing() -> None:
    """Conversations, received bytes, round trips, operations, logs and recordings, HTTP, and the
    WebSocket; each says its invariant and what may be raised.
    """
    kinds = ("operations", "receive", "round_trip")
    expected = ["fuzz_conversation_operations"]
    expected += [f"fuzz_gemini_{kind}" for kind in kinds]
    expected += ["fuzz_importing", "fuzz_journal"]
    expected += [f"fuzz_openai_{kind}" for kind in kinds]
    expected.append("fuzz_reach_answers")
    expected += [f"fuzz_websocket_{thing}" for thing in ("client", "fastlane", "server")]
    assert expected == TARGETS
    for name in TARGETS:
        head = importlib.import_module(name).__doc__ or ""
        assert "\nInvariant: " in head
        assert "\nAllowed exceptions: " in head


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str) -> None:
    """Not by the corpus with all finds, nor by what is made of it."""
    target: Any = importlib.import_module(name)
    harness: Any = importlib.import_module("_harness")
    seeds = harness.corpus(*target.FOLDERS)
    assert len(seeds) > 10
    harness.replay(target.test_one_input, seeds)
    for data in harness.mutations(seeds, target.WORDS, runs=N_MUTATIONS, seed=1):
        target.test_one_input(data)


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("openai-client", {cls.type for cls in get_args(openai.ClientEvent)}),
        ("openai-server", {cls.type for cls in get_args(openai.ServerEvent)}),
        ("gemini-client", set(gemini.CLIENT_MEMBERS)),
        ("gemini-server", set(gemini.SERVER_MEMBERS)),
    ],
)
def test_the_corpus_has_every_type_of_event(folder: str, names: set[str]) -> None:
    """A file each, which has it; `python fuzz/make_corpus.py` writes what is missing."""
    files = {path.stem: path for path in (FUZZ / "corpus" / folder).glob("*.json")}
    assert names == set(files)
    for name, path in files.items():
        frame = json.loads(path.read_text("utf-8"))
        assert frame["type"] == name if "openai" in folder else name in frame


def test_the_same_seed_makes_the_same_inputs() -> None:
    """So a find can be found again; another seed makes others."""
    harness: Any = importlib.import_module("_harness")
    seeds = harness.corpus("openai-client")
    first, again, other = (
        list(harness.mutations(seeds, [b"word"], runs=20, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert len(set(first) - set(seeds)) > 10


def test_a_find_is_kept(tmp_path: Path) -> None:
    """What breaks an invariant is written down, and raised."""
    program = """
import sys, pathlib, _harness
_harness.CORPUS = pathlib.Path(sys.argv.pop(1))
def test_one_input(data):
    if len(data) != 4:
        raise ZeroDivisionError
_harness._main_stdlib(test_one_input, folders=["seeds"], words=[])
"""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "one").write_bytes(b"good")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), "--runs", "50"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=FUZZ,
        env={"PYTHONPATH": str(FUZZ)},
    )
    assert "ZeroDivisionError" in done.stderr
    (find,) = (tmp_path / "finds").iterdir()
    assert f"broken by {find}" in done.stderr
    assert len(find.read_bytes()) != 4


def test_a_target_runs_by_itself() -> None:
    """As the documentation says, from anywhere; atheris, where it is there, sees coverage."""
    has_atheris = importlib.util.find_spec("atheris") is not None
    done = subprocess.run(
        [
            *(sys.executable, FUZZ / "fuzz_openai_receive.py"),
            *(["-runs=200", "-seed=1"] if has_atheris else ["--runs", "20"]),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(FUZZ.parent)},
    )
    if has_atheris:
        assert "Done 200 runs" in done.stderr
        assert "\tNEW " in done.stderr
    else:
        assert "nothing broke" in done.stdout, done.stderr
