"""A value that nothing shows."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from realtime_proto.secret import Secret

CANARY = "sk-canary-0123456789"


def test_it_is_given_back_by_reveal_alone() -> None:
    """repr, str, format and its attributes show stars."""
    secret = Secret(CANARY)
    assert CANARY == secret.reveal()
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>30}", f"{[secret]}"]
    shown += [repr(getattr(secret, name)) for name in Secret.__slots__]
    assert not any("canary" in text for text in shown)
    assert ["Secret('***')", "***"] == shown[:2]


def test_a_traceback_with_locals_does_not_show_it() -> None:
    """As a logger or a debugger prints it."""

    def fail(secret: Secret) -> None:
        raise ValueError(f"bad {secret}")

    with pytest.raises(ValueError, match="bad") as caught:
        fail(Secret(CANARY))
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = "".join(report.stack[-1].locals.values() if report.stack[-1].locals else ())
    assert "***" in frames
    assert "canary" not in frames


def test_equal_secrets_are_equal_and_hash_alike() -> None:
    """And are equal to nothing else."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a")} == {Secret("a"), Secret("a")}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    """Nor copied, which goes the same way."""
    with pytest.raises(TypeError, match="Secret cannot be pickled"):
        pickle.dumps(Secret(CANARY), protocol)
    with pytest.raises(TypeError, match="Secret cannot be pickled"):
        copy.copy(Secret(CANARY))
