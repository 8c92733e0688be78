"""What docs/endpoints.md, docs/ends.md and docs/models.md show of tables is what the tables hold.

Run as a program, with `tests` on the path, this file writes the pages anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from helpers.pages import DOCS, generated, write

from realtime_proto.closing import SHARED_RULES, Rule
from realtime_proto.gemini import catalog as gemini_catalog
from realtime_proto.gemini import endpoint as gemini_endpoint
from realtime_proto.gemini import vertex
from realtime_proto.gemini.closing import RULES as GEMINI_RULES
from realtime_proto.models import ModelProfile
from realtime_proto.openai import azure, catalog, endpoint, xai
from realtime_proto.openai.closing import RULES as OPENAI_RULES
from realtime_proto.providers import PROVIDERS
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realtime_proto.dialect import Endpoint

PAGES = ("endpoints.md", "ends.md", "models.md", "extending.md")
KEY = Secret("KEY")
RESOURCE = "https://RESOURCE"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(line.replace("| --- ", "|---").replace("--- |", "---|") for line in lines)


def where(place: Endpoint) -> tuple[str, str]:
    """A URL and its credential, for a table."""
    carried = [
        *(f"`{name}: {shown(value)}`" for name, value in place.headers),
        *(f"subprotocol `{shown(value)}`" for value in place.subprotocols),
        *(f"`?{name}={shown(value)}`" for name, value in place.secret_query),
    ]
    return f"`{place.url}`", ", ".join(carried)


def shown(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def code(names: Iterable[object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def providers() -> str:
    rows = []
    for spec in PROVIDERS.values():
        model = None
        if spec.settings:
            model = spec.model_for(None, {"project": "PROJECT", "location": "LOCATION".lower()})
        place = spec.endpoint(model, key=KEY, base_url=RESOURCE if spec.needs_base_url else None)
        variables = (
            code(spec.key_variables),
            code([spec.base_url_variable, *(v for s in spec.settings for v in s.variables)]),
        )
        rows.append((f"`{spec.name}`", *where(place), *variables))
    return table(("provider", "URL", "credential", "key from", "and"), rows)


def endpoints() -> str:
    azure_at = {"key": KEY, "base_url": RESOURCE}
    places: dict[str, Endpoint] = {
        "`openai.endpoint.sideband_endpoint`": endpoint.sideband_endpoint("rtc_1", key=KEY),
        "`openai.endpoint.transcription_endpoint`": endpoint.transcription_endpoint(key=KEY),
        "`openai.endpoint.translation_endpoint`": endpoint.translation_endpoint(key=KEY),
        '`openai.endpoint.endpoint`, `carrier="subprotocol"`': endpoint.endpoint(
            None, key=KEY, carrier="subprotocol"
        ),
        "`openai.endpoint.endpoint`, `is_beta=True`": endpoint.endpoint(
            None, key=KEY, is_beta=True
        ),
        '`openai.azure.endpoint`, `credential="entra"`': azure.endpoint(
            None, key=KEY, base_url=RESOURCE, credential="entra"
        ),
        "`openai.azure.sideband_endpoint`": azure.sideband_endpoint("rtc_1", **_typed(azure_at)),
        "`openai.azure.transcription_endpoint`": azure.transcription_endpoint(**_typed(azure_at)),
        "`openai.azure.preview_endpoint`": azure.preview_endpoint(None, key=KEY, base_url=RESOURCE),
        "`openai.xai.endpoint`": xai.endpoint(None, key=KEY),
        '`gemini.endpoint.endpoint`, `carrier="query"`': gemini_endpoint.endpoint(
            None, key=KEY, carrier="query"
        ),
        "`gemini.endpoint.endpoint`, a token as key": gemini_endpoint.endpoint(
            None, key=Secret("auth_tokens/TOKEN")
        ),
        "`gemini.vertex.express_endpoint`": vertex.express_endpoint(None, key=KEY),
    }
    return table(
        ("function", "URL", "credential"), ((name, *where(p)) for name, p in places.items())
    )


def _typed(values: dict[str, Any]) -> Any:
    return values


def rules(kind: str) -> list[tuple[str, Rule]]:
    """The rows of a kind, with whose they are."""
    owners = (("OpenAI", OPENAI_RULES), ("Gemini", GEMINI_RULES), ("all", SHARED_RULES))
    return [(owner, rule) for owner, rows in owners for rule in rows if rule.kind == kind]


def codes(rule: Rule) -> str:
    if not rule.codes:
        return "any" if rule.says else "any other"
    is_5xx = [isinstance(c, int) and 500 <= c < 600 for c in rule.codes]
    found = [c for c, server_error in zip(rule.codes, is_5xx, strict=True) if not server_error]
    names = ["no close frame" if c is None else f"`{c}`" for c in found]
    return ", ".join([*names, "500 to 599"] if any(is_5xx) else names)


def words(rule: Rule) -> str:
    return " or ".join(f'"{part}"' for part in rule.says)


def closes() -> str:
    rows = []
    for owner, rule in rules("close"):
        when = [", ".join(rule.phases)] if rule.phases else []
        when += ["something can be resumed"] if rule.needs_resumption else []
        after = f"{rule.fate.value}, anew" if rule.forgets_resumption else rule.fate.value
        rows.append((owner, codes(rule), words(rule), "; ".join(when), after, rule.hint or ""))
    return table(("whose", "code", "says", "when", "fate", "hint"), rows)


def errors() -> str:
    return table(
        ("whose", "code or type", "says", "about", "fate", "hint"),
        (
            (
                owner,
                codes(rule),
                words(rule),
                "session" if rule.ends_session else "request",
                rule.fate.value,
                rule.hint or "",
            )
            for owner, rule in rules("error")
        ),
    )


def statuses() -> str:
    return table(
        ("whose", "status", "says", "fate", "hint"),
        (
            (owner, codes(rule), words(rule), rule.fate.value, rule.hint or "")
            for owner, rule in rules("status")
        ),
    )


def date() -> str:
    assert catalog.AS_OF == gemini_catalog.AS_OF
    return (
        f"As of {catalog.AS_OF}; the sources are named in the modules `openai.catalog` and "
        "`gemini.catalog`."
    )


def models() -> str:
    return table(
        ("provider", "model", "does", "status", "ends", "note"),
        (
            (name, f"`{m.name}`", m.task, m.status, m.ends or "", m.note)
            for name, spec in PROVIDERS.items()
            if name != "azure"
            for m in spec.models
        ),
    )


def voices() -> str:
    lists = {
        "openai, azure, azure-voice-live": catalog.VOICES,
        "xai": catalog.XAI_VOICES,
        "gemini, vertex": gemini_catalog.VOICES,
    }
    return table(
        ("provider", "voice", "in the vendor's words"),
        ((name, f"`{v.name}`", v.note) for name, rows in lists.items() for v in rows),
    )


def profiles() -> str:
    lists = {
        "openai, azure": catalog.PROFILES,
        "azure-voice-live": catalog.VOICE_LIVE_PROFILES,
        "xai": catalog.XAI_PROFILES,
        "gemini, vertex": gemini_catalog.PROFILES,
    }
    bare = ModelProfile()
    rows = []
    for name, found in lists.items():
        for profile in found:
            differs = [
                f"`{a.name}={getattr(profile, a.name)!r}`"
                for a in attrs.fields(ModelProfile)
                if a.name != "prefix" and getattr(profile, a.name) != getattr(bare, a.name)
            ]
            prefix = f"`{profile.prefix}`" if profile.prefix else "any other"
            rows.append((name, prefix, ", ".join(differs)))
    return table(("provider", "model begins with", "profile"), rows)


BLOCKS: dict[str, tuple[str, Callable[[], str]]] = {
    "providers": ("endpoints.md", providers),
    "endpoints": ("endpoints.md", endpoints),
    "closes": ("ends.md", closes),
    "errors": ("ends.md", errors),
    "statuses": ("ends.md", statuses),
    "date": ("models.md", date),
    "models": ("models.md", models),
    "voices": ("models.md", voices),
    "profiles": ("models.md", profiles),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_generated_table_is_up_to_date(name: str) -> None:
    """Where it is not, this file run as a program writes it anew."""
    page, make = BLOCKS[name]
    assert make() == generated(page, name)


def test_no_page_shows_a_key_in_a_url() -> None:
    """What is shown as a URL is what may be logged."""
    urls = re.findall(r"`(wss?://[^`]*)`", (DOCS / "endpoints.md").read_text("utf-8"))
    assert len(urls) > 15
    assert [] == [url for url in urls if "KEY" in url or "TOKEN" in url]


if __name__ == "__main__":
    for page in PAGES:
        write(page, {name: make for name, (of, make) in BLOCKS.items() if of == page})
