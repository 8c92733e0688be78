"""The classes of the messages: their names, their tables, their times."""

from __future__ import annotations

from typing import get_args

import attrs
import pytest

from realtime_proto.gemini import (
    CLIENT_MEMBERS,
    INTERACTION_STATUSES,
    SERVER_MEMBERS,
    TURN_COMPLETE_REASONS,
    Blob,
    ClientEvent,
    ContextWindowCompressionConfig,
    CustomizedAvatar,
    FunctionCall,
    FunctionResponse,
    GoAway,
    Part,
    ReplicatedVoiceConfig,
    ServerEvent,
    SessionResumptionUpdate,
    Setup,
    SlidingWindow,
    VoiceActivity,
)


def test_tables_are_the_unions() -> None:
    """Every class of a union is in its table once, in the union's order."""
    assert tuple(CLIENT_MEMBERS.values()) == get_args(ClientEvent)
    assert tuple(SERVER_MEMBERS.values()) == get_args(ServerEvent)
    assert not CLIENT_MEMBERS.keys() & SERVER_MEMBERS.keys()


def test_the_order_is_the_documented_one() -> None:
    """What one message holds is given in the order that the module's head states."""
    assert list(SERVER_MEMBERS) == [
        "setupComplete",
        "voiceActivityDetectionSignal",
        "voiceActivity",
        "serverContent",
        "toolCall",
        "toolCallCancellation",
        "interactionStatus",
        "usageMetadata",
        "sessionResumptionUpdate",
        "goAway",
        "error",
    ]


def test_a_class_names_its_member() -> None:
    """`type` is the member's name, but where the wire has a field of that name."""
    for member, cls in {**CLIENT_MEMBERS, **SERVER_MEMBERS}.items():
        if cls is VoiceActivity:
            assert VoiceActivity(type="ACTIVITY_START").type == "ACTIVITY_START"
        else:
            assert member == cls.type


@pytest.mark.parametrize("cls", [*CLIENT_MEMBERS.values(), *SERVER_MEMBERS.values()])
def test_events_are_frozen(cls: type) -> None:
    """An event does not change."""
    event = Setup(model="m") if cls is Setup else cls()
    name = attrs.fields(cls)[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(event, name, None)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("50s", 50.0),
        ("0.200s", 0.2),
        ("3.000000001s", 3.000000001),
        ("-1.5s", -1.5),
        ("0s", 0.0),
        (None, None),
        ("", None),
        ("50", None),
        ("s", None),
        ("1e3s", None),
        ("nans", None),
        ("1.2.3s", None),
        ("٣s", None),
    ],
)
def test_durations(duration: str | None, seconds: float | None) -> None:
    """A Duration's text gives seconds, or None where it is none; never an error."""
    assert GoAway(time_left=duration).time_left_s == seconds
    assert VoiceActivity(audio_offset=duration).audio_offset_s == seconds


def test_plain_integers_for_64_bits() -> None:
    """Callers write integers, or None, where the wire has 64-bit integers as text."""
    config = ContextWindowCompressionConfig(
        trigger_tokens=25_600, sliding_window=SlidingWindow(target_tokens=12_800)
    )
    assert config.trigger_tokens == 25_600
    update = SessionResumptionUpdate(last_consumed_client_message_index=7)
    assert update.last_consumed_client_message_index == 7
    assert SessionResumptionUpdate().last_consumed_client_message_index is None


def test_calls_do_not_share_arguments() -> None:
    """The empty arguments of one call are not those of another."""
    assert FunctionCall().args == {}
    assert FunctionCall().args is not FunctionCall().args
    assert FunctionResponse().response is not FunctionResponse().response


def test_media_is_not_in_a_repr() -> None:
    """What is logged holds no bytes of media."""
    for value in (
        Blob(data=b"secret"),
        Part(thought_signature=b"secret"),
        CustomizedAvatar(image_data=b"secret"),
        ReplicatedVoiceConfig(voice_sample_audio=b"secret", consent_audio=b"secret"),
    ):
        assert "secret" not in repr(value)


def test_vocabularies_hold_no_default() -> None:
    """Known values leave out the one that means that nothing was said."""
    for values in (INTERACTION_STATUSES, TURN_COMPLETE_REASONS):
        assert not any(value.endswith("UNSPECIFIED") for value in values)
    assert len(TURN_COMPLETE_REASONS) == 27
