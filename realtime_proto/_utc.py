"""Times as HTTP and JSON write them, to seconds since 1970 and back, without a calendar library:
`datetime` reads clocks, and the core has none.

Days are counted in eras of 400 years of a calendar whose year begins in March, so that the leap day
is a year's last. Source: RFC 9110 section 5.6.7 (HTTP), RFC 3339 (JSON).
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ("parse_http_date", "rfc3339")

_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_HTTP_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_ERA_DAYS: Final = 146_097
_EPOCH_DAY: Final = 719_468
"""1970-01-01, counted from 0000-03-01."""


def parse_http_date(text: str) -> int | None:
    """Seconds since 1970 of an HTTP date; None where it is none.

    Example:
        >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")
        784111777
    """
    found = _HTTP_DATE.fullmatch(text.strip())
    if found is None or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    if not 1 <= day <= 31 or hour > 23 or minute > 59 or second > 60:
        return None
    days = _days(year, _MONTHS.index(found[2]) + 1, day)
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def rfc3339(unix_time: float) -> str:
    """A time as JSON APIs want it, in whole seconds of UTC.

    Example:
        >>> rfc3339(784111777)
        '1994-11-06T08:49:37Z'
    """
    days, seconds = divmod(int(unix_time), 86_400)
    year, month, day = _date(days)
    minutes, second = divmod(seconds, 60)
    return f"{year:04d}-{month:02d}-{day:02d}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}Z"


def _days(year: int, month: int, day: int) -> int:
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * month + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _ERA_DAYS + day_of_era - _EPOCH_DAY


def _date(days: int) -> tuple[int, int, int]:
    era, day_of_era = divmod(days + _EPOCH_DAY, _ERA_DAYS)
    leap_days = day_of_era // 1_460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leap_days) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    year = era * 400 + year_of_era
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)
