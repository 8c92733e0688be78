"""What is known of Gemini Live models: data, so that a new model is a row.

Source: the vendor's documentation and recorded traffic, as of 2026-11.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

__all__ = ("PROFILES", "ModelProfile", "profile_of")


@frozen(kw_only=True)
class ModelProfile:
    """How one family of models wants to be spoken to.

    Args:
        prefix: What the model's name begins with.
        text_is_realtime: A user's text goes by `realtimeInput.text`; otherwise by `clientContent`.
        history_is_announced: The set-up must say that earlier turns will be handed in.
        history_ends_with_user: The last of them must be the user's.
        accepts_empty_resumption: Whether resumption may be asked for without a handle.
        accepts_context_update: Whether instructions and tools may change in mid-session.
    """

    prefix: str
    text_is_realtime: bool = False
    history_is_announced: bool = False
    history_ends_with_user: bool = False
    accepts_empty_resumption: bool = True
    accepts_context_update: bool = True


PROFILES: Final = (
    # clientContent is for the initial history only.
    ModelProfile(
        prefix="gemini-3.1",
        text_is_realtime=True,
        history_is_announced=True,
        accepts_empty_resumption=False,
    ),
    ModelProfile(
        prefix="gemini-2.5-flash-native-audio",
        history_ends_with_user=True,
        accepts_context_update=False,
    ),
    ModelProfile(prefix=""),
)


def profile_of(model: str) -> ModelProfile:
    """The profile of a model, by the longest prefix that fits."""
    name = model.rsplit("/", 1)[-1]
    fitting = [profile for profile in PROFILES if name.startswith(profile.prefix)]
    return max(fitting, key=lambda profile: len(profile.prefix))
