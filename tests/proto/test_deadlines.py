"""Named deadlines: each told once, the earliest first."""

from __future__ import annotations

from realtime_proto.deadlines import Deadlines


def test_the_first_deadline_is_the_next() -> None:
    """None where nothing is waited for."""
    deadlines: Deadlines[str] = Deadlines()
    assert deadlines.next_us() is None
    deadlines.arm("late", 20)
    deadlines.arm("soon", 10)
    assert 10 == deadlines.next_us()
    assert "soon" in deadlines
    assert "never" not in deadlines


def test_what_has_come_is_told_once_and_in_order() -> None:
    """At its time, not before."""
    deadlines: Deadlines[str] = Deadlines()
    for name, at_us in (("c", 30), ("b", 20), ("a", 10), ("d", 31)):
        deadlines.arm(name, at_us)
    assert [] == deadlines.come(9)
    assert ["a", "b", "c"] == deadlines.come(30)
    assert [] == deadlines.come(30)
    assert ["d"] == deadlines.come(31)


def test_a_deadline_can_be_moved_and_given_up() -> None:
    """One of a name at a time; giving up what is not waited for is nothing."""
    deadlines: Deadlines[str] = Deadlines()
    deadlines.arm("a", 10)
    deadlines.arm("a", 20)
    assert 20 == deadlines.next_us()
    deadlines.disarm("a")
    deadlines.disarm("a")
    assert deadlines.next_us() is None
    deadlines.arm("a", 5)
    deadlines.arm("b", 6)
    deadlines.clear()
    assert [] == deadlines.come(9)
