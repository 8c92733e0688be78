"""The table of providers, and what it makes of a model, a key and a place."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from helpers.require import require
from helpers.secrets import CANARY, assert_hidden, revealed
from helpers.wire import Recorded, client_requests, missing, sessions

from realtime_proto.commands import Interrupt, SendAudio, SendText, SendWire
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.conversation import Conversation
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.events import ErrorReported, SessionReady, TranscriptDelta
from realtime_proto.gemini._dialect import GeminiDialect
from realtime_proto.gemini.endpoint import endpoint as gemini_endpoint
from realtime_proto.gemini.events import ClientContent, RealtimeInput
from realtime_proto.gemini.parts import Blob, Content, Part
from realtime_proto.models import ModelProfile
from realtime_proto.openai.endpoint import endpoint as openai_endpoint
from realtime_proto.openai.events import SessionUpdate
from realtime_proto.openai.session import RealtimeSession
from realtime_proto.providers import PROVIDERS, ProviderSpec
from realtime_proto.secret import Secret

if TYPE_CHECKING:
    from realtime_proto.dialect import Endpoint

KEY = Secret(CANARY)
BASE_URLS = {"azure": "https://r.openai.azure.com", "azure-voice-live": "https://r.example.com"}
SETTINGS = {"vertex": {"project": "p", "location": "us-east5"}}


def reach(spec: ProviderSpec, model: str | None = None) -> tuple[Endpoint, str | None]:
    named = spec.model_for(model, SETTINGS.get(spec.name))
    return spec.endpoint(named, key=KEY, base_url=BASE_URLS.get(spec.name)), named


def conversation(
    provider: str, config: RealtimeConfig | None = None, **dialect: Any
) -> Conversation:
    made = partial(PROVIDERS[provider].dialect, **dialect) if dialect else None
    factory = made or PROVIDERS[provider].dialect
    c = Conversation(factory(), config or RealtimeConfig())
    c.open(now=0, unix_time=0)
    return c


def frames(c: Conversation) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in c.take_frames()]


def gemini_ready(config: RealtimeConfig) -> Conversation:
    c = conversation("gemini", config)
    c.receive('{"setupComplete":{}}', now=0)
    c.take_frames()
    return c


# --- the table


def test_the_providers_are_in_order_of_preference() -> None:
    """OpenAI first, then Gemini, then the others."""
    names = ["openai", "gemini", "azure", "azure-voice-live", "xai", "vertex"]
    assert names == list(PROVIDERS)
    assert names == [spec.name for spec in PROVIDERS.values()]


@pytest.mark.parametrize("spec", PROVIDERS.values(), ids=lambda spec: spec.name)
def test_every_provider_can_be_reached(spec: ProviderSpec) -> None:
    """Its endpoint is a WebSocket's, holds the key out of sight, and its dialect bears its name."""
    endpoint, _ = reach(spec)
    assert endpoint.url.startswith("wss://")
    assert_hidden(endpoint)
    assert spec.name == spec.dialect().name
    assert spec.key_variables
    assert spec.base_url_variable
    assert spec.default_model in {model.name for model in spec.models}
    assert spec.voices
    assert spec.rules


@pytest.mark.parametrize("spec", PROVIDERS.values(), ids=lambda spec: spec.name)
def test_who_has_no_address_of_its_own_says_so(spec: ProviderSpec) -> None:
    """A resource must be named where there is no server that all share."""
    if spec.needs_base_url:
        with pytest.raises(ConfigurationError, match="URL of your resource"):
            spec.endpoint(None, key=KEY)
    else:
        model = spec.model_for(None, SETTINGS.get(spec.name))
        assert spec.endpoint(model, key=KEY).url.startswith("wss://")


def test_no_two_providers_share_a_variable() -> None:
    """A key that is set chooses one provider."""
    variables = [v for s in PROVIDERS.values() for v in (*s.key_variables, s.base_url_variable)]
    assert sorted(set(variables)) == sorted(variables)


def test_the_table_cannot_be_changed() -> None:
    """A provider of one's own is handed over, not entered here."""
    table: Any = PROVIDERS
    with pytest.raises(TypeError):
        table["acme"] = PROVIDERS["openai"]


def test_gemini_is_not_given_up_for_a_late_pong() -> None:
    """Under load they come later than any timeout one would choose."""
    assert [20.0, None, 20.0, 20.0, 20.0, None] == [s.ping_timeout_s for s in PROVIDERS.values()]


# --- names of models


def test_a_model_is_called_what_the_set_up_wants() -> None:
    """On Vertex by its full name, which names the host too; elsewhere as it is."""
    endpoint, model = reach(PROVIDERS["vertex"], "gemini-3.8-live")
    assert "projects/p/locations/us-east5/publishers/google/models/gemini-3.8-live" == model
    assert endpoint.url.startswith("wss://us-east5-aiplatform.googleapis.com/")
    assert "gpt-realtime" == reach(PROVIDERS["openai"], "gpt-realtime")[1]
    assert reach(PROVIDERS["openai"])[1] is None


def test_a_setting_nobody_knows_is_refused() -> None:
    """By name."""
    with pytest.raises(ConfigurationError, match="openai has no setting project"):
        PROVIDERS["openai"].model_for(None, {"project": "p"})


def test_a_project_that_is_missing_is_asked_for() -> None:
    """With the variable that could hold it."""
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT"):
        PROVIDERS["vertex"].model_for("gemini-3.8-live")


# --- what the profiles do


def test_each_server_is_asked_for_the_transcriber_it_has() -> None:
    """OpenAI's, Azure's in the beta shape, xAI's."""
    asked = {}
    for name in ("openai", "azure", "azure-voice-live", "xai"):
        c = conversation(name)
        c.receive('{"type":"session.created","event_id":"e","session":{}}', now=0)
        (update,) = frames(c)
        session = update["session"]
        nested = session.get("audio", {}).get("input", {}).get("transcription")
        asked[name] = (nested or session["input_audio_transcription"])["model"]
    assert {
        "openai": "gpt-realtime-whisper",
        "azure": "gpt-realtime-whisper",
        "azure-voice-live": "whisper-1",
        "xai": "grok-transcribe",
    } == asked


def test_voice_live_is_asked_for_speech_with_its_text() -> None:
    """As the protocol was before 2025-08."""
    c = conversation("azure-voice-live")
    c.receive('{"type":"session.created","event_id":"e","session":{}}', now=0)
    assert ["audio", "text"] == frames(c)[0]["session"]["modalities"]


@pytest.mark.parametrize(
    ("provider", "temperature", "ignored"),
    [
        ("openai", None, ("temperature",)),
        ("azure-voice-live", 0.7, ()),
        ("xai", None, ("temperature",)),
    ],
)
def test_a_temperature_is_for_servers_that_have_one(
    provider: str, temperature: float | None, ignored: tuple[str, ...]
) -> None:
    """The protocol lost it in 2025-08; others are told, and it is named as left out."""
    c = conversation(provider, RealtimeConfig(temperature=0.7))
    c.receive('{"type":"session.created","event_id":"e","session":{}}', now=0)
    assert temperature == frames(c)[0]["session"].get("temperature")
    assert ignored == c.ignored


def test_a_server_without_semantic_detection_is_not_asked_for_it() -> None:
    """The setting is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="semantic"):
        conversation("xai", RealtimeConfig(vad_mode=VADMode.SEMANTIC))


@pytest.mark.parametrize(("provider", "cuts"), [("openai", 1), ("xai", 0)])
def test_a_server_that_cannot_truncate_is_not_told_to(provider: str, cuts: int) -> None:
    """xAI has no such event; the playback stops all the same."""
    c = conversation(provider)
    for event in (
        {"type": "session.created", "session": {"type": "realtime"}},
        {"type": "session.updated", "session": {"type": "realtime"}},
        {"type": "response.created", "response": {"id": "r", "object": "realtime.response"}},
        {
            "type": "response.output_audio.delta",
            "response_id": "r",
            "item_id": "i",
            "output_index": 0,
            "content_index": 0,
            "delta": "AAAA" * 4_000,
        },
    ):
        c.receive(json.dumps({"event_id": "e", **event}), now=0)
    c.take_events()
    c.take_frames()
    c.send(Interrupt(), now=0.05)
    assert cuts == [f["type"] for f in frames(c)].count("conversation.item.truncate")


def test_a_setting_the_model_would_refuse_is_not_sent() -> None:
    """With the reason; nothing was changed."""
    c = conversation("openai", RealtimeConfig(model="gpt-realtime"))
    for kind in ("session.created", "session.updated"):
        c.receive(json.dumps({"type": kind, "event_id": "e", "session": {}}), now=0)
    c.take_frames()
    update = SessionUpdate(session=RealtimeSession(parallel_tool_calls=True))
    with pytest.raises(LocalProtocolError, match="does not reason"):
        c.send(SendWire(update), now=0)
    assert [] == c.take_frames()


def test_a_model_that_needs_a_thinking_level_gets_its_lowest() -> None:
    """And one that has none gets none."""
    thinking = frames(
        conversation("gemini", RealtimeConfig(model="gemini-3.8-live-extended-thinking"))
    )
    assert {"thinkingLevel": "LOW"} == thinking[0]["setup"]["generationConfig"]["thinkingConfig"]
    plain = frames(conversation("gemini"))
    assert "thinkingConfig" not in plain[0]["setup"]["generationConfig"]


def test_a_model_that_writes_is_asked_for_text() -> None:
    """A voice is no use to it, and is named as such."""
    config = RealtimeConfig(model="gemini-3.5-transcribe-live", voice="Kore")
    c = conversation("gemini", config)
    setup = frames(c)[0]["setup"]
    assert {"responseModalities": ["TEXT"]} == setup["generationConfig"]
    assert "outputAudioTranscription" not in setup
    assert ("voice",) == c.ignored


@pytest.mark.parametrize(
    ("model", "member"),
    [("gemini-3.1-flash-live-preview", "realtimeInput"), ("gemini-3.8-live", "clientContent")],
)
def test_text_goes_the_way_its_model_wants(model: str, member: str) -> None:
    """By the profile."""
    c = gemini_ready(RealtimeConfig(model=model))
    c.send(SendText("hi"), now=0)
    assert [member] == [next(iter(frame)) for frame in frames(c)]


def test_history_is_for_the_start_where_the_model_says_so() -> None:
    """What was allowed before the first word is refused after it."""
    turn = ClientContent(turns=(Content(role="user", parts=(Part(text="hi"),)),))
    for begin in (
        SendText("go"),
        SendAudio(b"\0\0" * 160),
        SendWire(RealtimeInput(text="go")),
        SendWire(ClientContent(turn_complete=True)),
    ):
        c = gemini_ready(RealtimeConfig(model="gemini-3.1-flash-live-preview"))
        c.send(SendWire(turn), now=0)
        c.send(begin, now=0)
        c.take_frames()
        with pytest.raises(LocalProtocolError, match="initial history only"):
            c.send(SendWire(turn), now=0)
        assert [] == c.take_frames()


def test_a_profile_of_ones_own_overrules_the_catalogue() -> None:
    """In the configuration of one conversation, or in the provider's rows."""
    chunks = SendWire(RealtimeInput(media_chunks=(Blob(mime_type="audio/pcm", data=b"\0\0"),)))
    refused = gemini_ready(RealtimeConfig())
    with pytest.raises(LocalProtocolError, match="media_chunks"):
        refused.send(chunks, now=0)
    allowed = gemini_ready(RealtimeConfig(profile=ModelProfile()))
    allowed.send(chunks, now=0)
    assert 1 == len(allowed.take_frames())
    mine = ModelProfile(prefix="gemini-3.8", text_is_realtime=True, thinking_level="refused")
    spec = attrs.evolve(PROVIDERS["gemini"], dialect=partial(GeminiDialect, profiles=(mine,)))
    c = Conversation(spec.dialect(), RealtimeConfig())
    c.open(now=0, unix_time=0)
    c.receive('{"setupComplete":{}}', now=0)
    c.take_frames()
    c.send(SendText("hi"), now=0)
    assert [{"realtimeInput": {"text": "hi"}}] == frames(c)


def test_a_set_up_the_model_would_refuse_is_not_made() -> None:
    """The error names the model and the reason."""
    silent = ModelProfile(output_modalities=())
    with pytest.raises(ConfigurationError, match=r"models/gemini-3\.8-live: the model answers in"):
        conversation("gemini", RealtimeConfig(profile=silent))


def test_a_transcript_the_server_still_adds_to_is_not_final() -> None:
    """xAI says what it has understood again and again, each time with more."""
    c = conversation("xai")
    heard = [("Hi", "in_progress"), ("Hi the", "in_progress"), ("Hi there.", "completed")]
    for event in (
        {"type": "session.created", "session": {}},
        {"type": "session.updated", "session": {}},
        *(
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": "i",
                "content_index": 0,
                "transcript": text,
                "status": status,
            }
            for text, status in heard
        ),
    ):
        c.receive(json.dumps({"event_id": "e", **event}), now=0)
    said = [e for e in c.take_events() if isinstance(e, TranscriptDelta)]
    assert ["Hi there."] == [e.text for e in said if e.is_final]


# --- recorded sessions


SERVERS = {
    "openai": "openai",
    "gateway-openai (pydantic gateway)": "openai",
    "azure-ga": "azure",
    "azure-voicelive": "azure-voice-live",
    "xai": "xai",
}


def _provider_of(recorded: Recorded) -> str:
    if "server" in recorded.head:
        return SERVERS[recorded.head["server"]]
    return {"mldev": "gemini", "vertex": "vertex"}[recorded.head["dialect"]]


@pytest.mark.wire
def test_the_vendors_own_packages_dial_the_same() -> None:
    """Path, query and credential are those that the packages of both vendors sent on loopback; two
    slashes in a row are one of them's own.
    """
    require("wire", missing())
    key = Secret("sk-test-loopback-0000")
    base_url = "http://127.0.0.1/v1"
    header = openai_endpoint("gpt-realtime", key=key, base_url=base_url)
    browser = openai_endpoint("gpt-realtime", key=key, base_url=base_url, carrier="subprotocol")
    gemini_key = Secret("AIza-test-loopback-0000")
    gemini = gemini_endpoint(None, key=gemini_key, base_url="http://127.0.0.1")
    query = gemini_endpoint(None, key=gemini_key, base_url="http://127.0.0.1", carrier="query")
    ours = {
        "agents_py": header,
        "n_agents": header,
        "n_openai": header,
        "openai_py": header,
        "n_openai_browser": browser,
        "genai_py": gemini,
        "n_genai": query,
    }
    seen = set()
    for client, target, headers in client_requests():
        seen.add(client)
        place = ours[client]
        assert place.full_url().reveal() == f"ws://127.0.0.1{target.replace('//', '/')}"
        for name, value in place.headers:
            assert headers[name.lower()] == revealed(value)
        offered = headers.get("sec-websocket-protocol", "")
        assert [revealed(p) for p in place.subprotocols] == [p for p in offered.split(",") if p]
    assert ours.keys() == seen


@pytest.mark.wire
def test_every_recorded_session_is_understood_by_its_provider() -> None:
    """Each of the six holds the conversations that were recorded with it: it becomes ready where a
    set-up was answered, and reports nothing as unreadable.
    """
    require("wire", missing())
    seen: dict[str, int] = {}
    for recorded in (*sessions("openai"), *sessions("gemini")):
        provider = _provider_of(recorded)
        c = conversation(provider)
        events: list[Any] = []
        for direction, frame in recorded.frames:
            if direction == "server":
                c.receive(json.dumps(frame), now=0)
                events += c.take_events()
        unreadable = [e for e in events if isinstance(e, ErrorReported)]
        unreadable = [e for e in unreadable if e.failure.kind == "remote"]
        assert [] == unreadable, recorded.name
        answered = any(
            direction == "server"
            and (frame.get("type") == "session.updated" or "setupComplete" in frame)
            for direction, frame in recorded.frames
        )
        is_sideband = "sideband" in recorded.name
        if answered and not is_sideband:
            ready = [e for e in events if isinstance(e, SessionReady)]
            assert [provider] == [e.provider for e in ready], recorded.name
        seen[provider] = seen.get(provider, 0) + 1
    assert set(PROVIDERS) == set(seen)
