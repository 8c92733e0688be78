"""Times in text, against the standard library's calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto._utc import parse_http_date, rfc3339

seconds = st.integers(
    int(datetime(1, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()),
)


@given(seconds)
def test_every_second_is_written_as_the_calendar_has_it(unix_time: int) -> None:
    """RFC 3339 in UTC, over all years of four digits."""
    expected = datetime.fromtimestamp(unix_time, UTC).isoformat().replace("+00:00", "Z")
    assert expected == rfc3339(unix_time)


@given(seconds)
def test_every_http_date_is_read_as_it_was_written(unix_time: int) -> None:
    """An HTTP date gives the second it was made of."""
    text = format_datetime(datetime.fromtimestamp(unix_time, UTC), usegmt=True)
    assert unix_time == parse_http_date(text)


def test_parts_of_seconds_are_left_out() -> None:
    """A server is told the whole second."""
    assert "1970-01-01T00:00:01Z" == rfc3339(1.9)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "120",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov ١٩٩٤ 08:49:37 GMT",
    ],
)
def test_what_is_no_http_date_is_none(text: str) -> None:
    """Nothing is guessed."""
    assert parse_http_date(text) is None
