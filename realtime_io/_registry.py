"""Which providers there are, which one is meant, and its key.

The built-in ones are a table of the core. Beside them stand those an application registers and
those that installed distributions offer as entry points of the group "realtime_io.providers", whose
value is a ProviderSpec. This is the only mutable table of the library, and one of the few places
that read the environment; it is read at the time of the call.
"""

from __future__ import annotations

import os
import warnings
from importlib import metadata
from typing import TYPE_CHECKING, Final

from realtime_proto.errors import ConfigurationError, ConfigurationWarning
from realtime_proto.providers import PROVIDERS, ProviderSpec
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = (
    "ENTRY_POINTS",
    "PROVIDER_VARIABLE",
    "available",
    "base_url_for",
    "choose",
    "configured",
    "key_for",
    "register",
    "settings_for",
)

PROVIDER_VARIABLE: Final = "REALTIME_VOICE_PROVIDER"

ENTRY_POINTS: Final = "realtime_io.providers"

_REGISTERED: Final[dict[str, ProviderSpec]] = {}


def register(name: object, spec: object) -> None:
    """Add a provider, or replace one that was registered before.

    Raises:
        ConfigurationError: The name is none or is a built-in one's, or the spec is none.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"a provider's name is text that is not empty, not {name!r:.60}")
    if name in PROVIDERS:
        raise ConfigurationError(f"{name!r} is a built-in provider: take another name")
    if not isinstance(spec, ProviderSpec):
        raise ConfigurationError(f"a provider is a ProviderSpec, not {spec!r:.60}")
    _REGISTERED[name] = spec


def available() -> list[str]:
    """The names of all providers: built in, registered, installed."""
    return list(dict.fromkeys((*PROVIDERS, *_REGISTERED, *_installed())))


def configured() -> list[str]:
    """The names of the providers with a key in the environment, in order of preference."""
    return [name for name, spec in _usable() if _key_in_environment(spec)]


def spec_of(name: str) -> ProviderSpec:
    """The provider of that name.

    Raises:
        ConfigurationError: There is none, or the distribution that offers it cannot be loaded.
    """
    found = PROVIDERS.get(name) or _REGISTERED.get(name)
    if found is not None:
        return found
    entry_point = _installed().get(name)
    if entry_point is None:
        raise ConfigurationError(
            f"unknown provider {name!r:.60}; there are {', '.join(available())}",
            code="unknown_provider",
        )
    try:
        spec = entry_point.load()
    except Exception as exc:  # somebody else's module: whatever it raises on import
        raise ConfigurationError(
            f"the provider {name!r} ({entry_point.value}) cannot be loaded: {exc}"
        ) from exc
    if not isinstance(spec, ProviderSpec):
        raise ConfigurationError(f"the entry point {entry_point.value} is no ProviderSpec")
    return spec


def choose(name: object) -> ProviderSpec:
    """The provider that is meant: the named one, the environment's, or the first with a key.

    Raises:
        ConfigurationError: There is no such provider, or none has a key.
    """
    if name is None:
        name = os.environ.get(PROVIDER_VARIABLE) or None
    if name is None:
        with_keys = configured()
        if not with_keys:
            wanted = ", ".join(v for _, spec in _usable() for v in spec.key_variables)
            raise ConfigurationError(
                f"no API key: set one of {wanted}, or name a provider and give api_key",
                code="missing_key",
            )
        name = with_keys[0]
    if not isinstance(name, str):
        raise ConfigurationError(
            f"unknown provider {name!r:.60}; there are {', '.join(available())}",
            code="unknown_provider",
        )
    return spec_of(name)


def key_for(spec: ProviderSpec, given: object) -> Secret:
    """The key: what was given, or what the environment holds.

    Raises:
        ConfigurationError: There is none, or what was given is none. It is never shown.
    """
    if isinstance(given, Secret):
        return given
    if given is None:
        given = _key_in_environment(spec)
        if given is None:
            raise ConfigurationError(
                f"no API key for {spec.name}: set {' or '.join(spec.key_variables)}, "
                "or give api_key",
                code="missing_key",
            )
    if not isinstance(given, str) or not given.strip():
        raise ConfigurationError(
            "api_key must be text that is not empty, not "
            + ("empty text" if isinstance(given, str) else type(given).__name__),
            code="invalid_key",
        )
    return Secret(given)


def base_url_for(spec: ProviderSpec, given: str | None) -> str | None:
    """The server to talk to: what was given, or what the environment says; None: the vendor's."""
    return given or os.environ.get(spec.base_url_variable) or None


def settings_for(spec: ProviderSpec) -> dict[str, str]:
    """What the environment says of the provider's settings, by name."""
    found: dict[str, str] = {}
    for setting in spec.settings:
        values = (os.environ.get(variable, "").strip() for variable in setting.variables)
        value = next((value for value in values if value), None)
        if value is not None:
            found[setting.name] = value
    return found


def _usable() -> Iterator[tuple[str, ProviderSpec]]:
    for name in available():
        try:
            yield name, spec_of(name)
        except ConfigurationError as exc:  # of no use, but no reason to do without the others
            warnings.warn(exc.message, ConfigurationWarning, stacklevel=2)


def _key_in_environment(spec: ProviderSpec) -> str | None:
    values = (os.environ.get(variable, "").strip() for variable in spec.key_variables)
    return next((value for value in values if value), None)


def _installed() -> Mapping[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}
