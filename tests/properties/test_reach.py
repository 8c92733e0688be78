"""How to reach a server, for any model, key and base URL; and the table of ends, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_proto.closing import (
    SHARED_RULES,
    Rule,
    judge_close,
    judge_error,
    judge_unopened,
)
from realtime_proto.errors import (
    ConfigurationError,
    HandshakeRejected,
    RealtimeConnectionError,
)
from realtime_proto.events import Failure
from realtime_proto.providers import PROVIDERS
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from realtime_proto.closing import LostPhase
    from realtime_proto.dialect import Endpoint

HOSTS = {
    "openai": "api.openai.com",
    "gemini": "generativelanguage.googleapis.com",
    "azure": "resource.example",
    "azure-voice-live": "resource.example",
    "xai": "api.x.ai",
    "vertex": "us-central1-aiplatform.googleapis.com",
}
SETTINGS = {"vertex": {"project": "p"}}

providers = st.sampled_from(sorted(PROVIDERS))
models = st.none() | st.text(max_size=40) | st.from_regex(r"[a-z0-9./?#&@:-]{1,30}", fullmatch=True)
keys = st.text(max_size=30).map(lambda tail: f"sk-canary{tail}")


def base_url_of(provider: str) -> str | None:
    return "https://resource.example" if PROVIDERS[provider].needs_base_url else None


@given(providers, models, keys)
def test_no_model_and_no_key_leads_to_another_server(
    provider: str, model: str | None, key: str
) -> None:
    """Either they are refused, or the connection goes to the provider's own host and path, with the
    key out of sight.
    """
    spec = PROVIDERS[provider]
    try:
        named = spec.model_for(model, SETTINGS.get(provider))
        plain = spec.endpoint(
            spec.model_for(None, SETTINGS.get(provider)),
            key=Secret("k"),
            base_url=base_url_of(provider),
        )
        place = spec.endpoint(named, key=Secret(key), base_url=base_url_of(provider))
    except ConfigurationError as exc:
        refusal = str(exc)
    else:
        refusal = ""
        _check(provider, model, plain, place)
        assert key not in repr(place)
    assert key not in refusal


def _check(provider: str, model: str | None, plain: Endpoint, place: Endpoint) -> None:
    parts, expected = urlsplit(place.url), urlsplit(plain.url)
    own_location = model is not None and model.startswith("projects/")
    if not own_location:
        assert HOSTS[provider] == parts.hostname
        assert (expected.path, "") == (parts.path, parts.fragment)
    for _, value in place.headers:
        text = value.reveal() if isinstance(value, Secret) else value
        assert text.isprintable()
        assert text.isascii()


@given(providers, st.text(max_size=60))
def test_any_base_url_is_one_or_is_refused(provider: str, base_url: str) -> None:
    """Nothing but a WebSocket URL or a ConfigurationError comes out."""
    spec = PROVIDERS[provider]
    model = spec.model_for(None, SETTINGS.get(provider))
    try:
        place = spec.endpoint(model, key=Secret("k"), base_url=base_url)
    except ConfigurationError:
        return
    assert place.url.startswith(("ws://", "wss://"))
    assert urlsplit(place.url).hostname


ROWS = [
    (owner, rules, rule)
    for owner, rules in [
        *((name, spec.rules) for name, spec in PROVIDERS.items() if name in ("openai", "gemini")),
        ("all", ()),
    ]
    for rule in (rules or SHARED_RULES)
]


def _phase(rule: Rule) -> LostPhase:
    return rule.phases[0] if rule.phases else "open"


def _unopened(code: int | str | None, told: str) -> RealtimeConnectionError:
    if isinstance(code, str):
        return RealtimeConnectionError(told, code=code)
    return HandshakeRejected("no", status=418 if code is None else code, body=told.encode())


@pytest.mark.parametrize(
    ("rules", "rule"),
    [(rules, rule) for _, rules, rule in ROWS],
    ids=[f"{owner}-{rule.kind}-{i}" for i, (owner, _, rule) in enumerate(ROWS)],
)
def test_every_row_decides_what_it_is_for(rules: tuple[Rule, ...], rule: Rule) -> None:
    """For each of its codes and words there is an end that it judges: no row hides another."""
    for code in rule.codes or (None,):
        for words in rule.says or ("",):
            told = f"It said {words.upper()} here"
            if rule.kind == "close":
                close_code = code if rule.codes else 4999
                assert close_code is None or isinstance(close_code, int)
                verdict = judge_close(
                    close_code,
                    told,
                    phase=_phase(rule),
                    rules=rules,
                    can_resume=rule.needs_resumption,
                )
                fate = verdict.fate
                hint = None if verdict.failure is None else verdict.failure.hint
                assert rule.forgets_resumption == verdict.forgets_resumption
            elif rule.kind == "error":
                assert code is None or isinstance(code, str)
                failure = Failure(kind="provider", message=told, code=code)
                fate, judged = judge_error(failure, rules=rules)
                hint = judged.hint
            else:
                verdict = judge_unopened(_unopened(code, told), rules=rules)
                assert verdict.failure is not None
                fate, hint = verdict.fate, verdict.failure.hint
            assert (rule.fate, rule.hint) == (fate, hint)
