"""Providers beside the built-in ones: registered, or installed as entry points."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from realtime_io import (
    ConfigurationError,
    ConfigurationWarning,
    RealtimeVoice,
    _registry,
    realtime_voice,
)
from realtime_proto.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

SPEC = evolve(PROVIDERS["openai"], name="acme", key_variables=("ACME_API_KEY",))


@pytest.fixture(autouse=True)
def _clean_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_registry, "_REGISTERED", {})
    for spec in (*PROVIDERS.values(), SPEC):
        for variable in (*spec.key_variables, spec.base_url_variable):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("REALTIME_VOICE_PROVIDER", raising=False)


def test_face_register_provider_adds_one_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is available, found by its key, and chosen by name or by the environment."""
    RealtimeVoice.register_provider("acme", SPEC)
    assert [*PROVIDERS, "acme"] == RealtimeVoice.available_providers()
    assert [] == RealtimeVoice.configured_providers()
    monkeypatch.setenv("ACME_API_KEY", "k")
    assert ["acme"] == RealtimeVoice.configured_providers()
    assert "acme" == RealtimeVoice().provider
    assert "acme" == RealtimeVoice("acme").provider
    assert "acme" == realtime_voice("acme", api_key="k").provider


@pytest.mark.parametrize(
    ("name", "spec", "said"),
    [
        ("openai", SPEC, "built-in"),
        ("", SPEC, "not empty"),
        (7, SPEC, "not empty"),
        ("acme", {"name": "acme"}, "ProviderSpec"),
    ],
)
def test_a_wrong_registration_changes_nothing(name: Any, spec: Any, said: str) -> None:
    """A built-in name, an empty one, or what is no spec."""
    with pytest.raises(ConfigurationError, match=said):
        RealtimeVoice.register_provider(name, spec)
    assert list(PROVIDERS) == RealtimeVoice.available_providers()


@pytest.fixture(name="install")
def install_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a distribution with one entry point on the path."""

    def install(name: str, source: str) -> None:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        entry = f"[realtime_io.providers]\n{name} = {name}_plugin:SPEC\n"
        (info / "entry_points.txt").write_text(entry)
        (tmp_path / f"{name}_plugin.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, f"{name}_plugin", raising=False)

    return install


def test_an_installed_provider_is_found(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution offers it by an entry point, without a call."""
    source = """
from attrs import evolve
from realtime_proto.providers import PROVIDERS
SPEC = evolve(PROVIDERS["gemini"], name="installed", key_variables=("INSTALLED_KEY",))
"""
    install("installed", source)
    monkeypatch.setenv("INSTALLED_KEY", "k")
    assert "installed" in RealtimeVoice.available_providers()
    assert ["installed"] == RealtimeVoice.configured_providers()
    assert "installed" == RealtimeVoice("installed").provider


@pytest.mark.parametrize(
    ("source", "said"),
    [("import nonsense_that_is_missing", "cannot be loaded"), ("SPEC = 7", "is no ProviderSpec")],
)
def test_a_broken_installed_provider_is_a_configuration_error(
    install: Any, source: str, said: str
) -> None:
    """It is named, and the others work."""
    install("broken", source)
    with pytest.raises(ConfigurationError, match=said):
        RealtimeVoice("broken", api_key="k")
    assert "openai" == RealtimeVoice("openai", api_key="k").provider
    with pytest.warns(ConfigurationWarning, match=said):
        assert [] == RealtimeVoice.configured_providers()
