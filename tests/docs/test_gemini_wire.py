"""What docs/gemini-wire.md shows of tables is what the tables hold.

Run as a program, with `tests` on the path, this file writes the page anew.
"""

from __future__ import annotations

from helpers.pages import generated, write

from realtime_proto.gemini import CLIENT_MEMBERS, SERVER_MEMBERS

PAGE = "gemini-wire.md"


def members() -> str:
    """The members of messages, in the order of their events, with the first line about each."""
    rows = [
        f"| {role} | `{member}` | `{cls.__name__}` | {(cls.__doc__ or '').splitlines()[0]} |"
        for role, table in (("client", CLIENT_MEMBERS), ("server", SERVER_MEMBERS))
        for member, cls in table.items()
    ]
    return "\n".join(["| who | member | class | what it says |", "|---|---|---|---|", *rows])


def test_the_table_is_up_to_date() -> None:
    """It is made from the tables of members, and a change of them has to show."""
    assert members() == generated(PAGE, "members")


if __name__ == "__main__":
    write(PAGE, {"members": members})
