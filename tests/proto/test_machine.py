"""The transition tables' rules: a named row wins over ANY, what is not listed is not legal."""

from __future__ import annotations

import enum

from realtime_proto._machine import ANY, MANY, Machine, Role


class Light(enum.Enum):
    OFF = "off"
    ON = "on"
    GONE = "gone"


class Press:
    pass


class Look:
    pass


MACHINE = Machine(
    initial=Light.OFF,
    lost=Light.GONE,
    table={
        Role.CLIENT: {Light.OFF: {Press: Light.ON}, Light.ON: {Press: Light.OFF, ANY: Light.ON}},
        Role.SERVER: {},
    },
)


def test_each_role_has_its_own_rows() -> None:
    """A role without rows may say nothing."""
    assert Role.CLIENT.peer is Role.SERVER
    assert Role.SERVER.peer is Role.CLIENT
    assert MACHINE.next_phase(Role.CLIENT, Light.OFF, Press) is Light.ON
    assert MACHINE.next_phase(Role.SERVER, Light.OFF, Press) is None


def test_any_stands_for_what_the_row_does_not_name() -> None:
    """Only in the rows that have it."""
    assert MACHINE.next_phase(Role.CLIENT, Light.ON, Press) is Light.OFF
    assert MACHINE.next_phase(Role.CLIENT, Light.ON, Look) is Light.ON
    assert MACHINE.next_phase(Role.CLIENT, Light.OFF, Look) is None
    assert MACHINE.next_phase(Role.CLIENT, Light.GONE, Press) is None


def test_the_diagram_comes_from_the_table() -> None:
    """One line for each row."""
    assert "  ON --> ON: client anything else" in MACHINE.to_mermaid().splitlines()


def test_many_events_are_one_arrow() -> None:
    """A diagram with an arrow for each would not be read."""
    kinds = [type(f"Event{n}", (), {}) for n in range(MANY + 1)]

    def drawn(*events: type) -> list[str]:
        table = {Role.CLIENT: {Light.ON: dict.fromkeys(events, Light.ON)}}
        return Machine(Light.ON, Light.GONE, table).to_mermaid().splitlines()[2:-1]

    assert drawn(*kinds[:2]) == ["  ON --> ON: client Event0", "  ON --> ON: client Event1"]
    assert drawn(*kinds) == [f"  ON --> ON: client any of {MANY + 1} events"]
