"""OpenAI Realtime's side of a neutral conversation, and that of the servers that speak it.

Set-up: `session.created` admits us (a sideband socket gets none), our `session.update` follows, and
the `session.updated` that echoes it makes the session ready; updates are answered in the order they
were sent. A refused first update ends the conversation: the model would run on settings nobody
chose. Of a later one the settings before it stay in force.

Every client event that can be refused carries an id of ours, and what it was is remembered, so that
an error says what it is about. Everything else is keyed by response id and item id, never by "the
current one": items of one response interleave, and what belongs to a cancelled response keeps
coming until its `response.done`. Responses are the matter of `_responses`.

Source: recorded traffic and the vendor's API reference, 2026-11.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from realtime_proto.closing import Fate, judge_close, judge_unopened
from realtime_proto.commands import (
    ClearAudio,
    CommitAudio,
    EndAudio,
    Interrupt,
    SendAudio,
    SendImage,
    SendText,
    SendWire,
    UpdateSession,
    VoiceCommand,
)
from realtime_proto.config import RealtimeConfig, VADMode
from realtime_proto.dialect import Capabilities, Effects
from realtime_proto.errors import ConfigurationError, LocalProtocolError
from realtime_proto.events import (
    AudioChunk,
    ErrorReported,
    Failure,
    Lost,
    RateLimit,
    RateLimitsUpdated,
    UnknownEvent,
)
from realtime_proto.formats import PCM16_24K
from realtime_proto.history import SeedRules
from realtime_proto.models import ModelProfile, profile_for
from realtime_proto.openai import events as wire
from realtime_proto.openai._arbiter import ArbiterPhase, Refusal
from realtime_proto.openai._causes import Causes, judged
from realtime_proto.openai._connection import OpenAIConnection
from realtime_proto.openai._microphone import Microphone
from realtime_proto.openai._mirror import history_item, seed_item, usage_of
from realtime_proto.openai._responses import Responses
from realtime_proto.openai._setup import patch_between, session_for
from realtime_proto.openai._shapes import SHAPES
from realtime_proto.openai._updates import Updates
from realtime_proto.openai._user import User
from realtime_proto.openai.catalog import PROFILES
from realtime_proto.openai.closing import RULES
from realtime_proto.openai.endpoint import DEFAULT_MODEL
from realtime_proto.openai.items import (
    FunctionCall,
    FunctionCallOutput,
    InputImage,
    InputText,
    Message,
)
from realtime_proto.openai.refusals import refusals
from realtime_proto.openai.session import RealtimeSession
from realtime_proto.wire import UNSET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_proto._speech import Voice
    from realtime_proto.closing import LostPhase, Verdict
    from realtime_proto.commands import ToolResult
    from realtime_proto.errors import RealtimeConnectionError
    from realtime_proto.limits import Limits
    from realtime_proto.wire import IdFactory

__all__ = ("OpenAIDialect",)

_UNDER_WAY: Final = (ArbiterPhase.ACTIVE, ArbiterPhase.CANCELLING)

IMAGE_TYPES: Final = ("image/png", "image/jpeg")


class OpenAIDialect:
    """One conversation's OpenAI side.

    Args:
        name: What the provider is called.
        wire_dialect: The shape of the protocol the server speaks (see `openai.DIALECTS`).
        profiles: What its models accept.
        default_model: The model where the configuration names none.
        is_sideband: The socket joins a call that runs over WebRTC or SIP: it is not greeted.
    """

    def __init__(
        self,
        name: str = "openai",
        *,
        wire_dialect: str = "ga",
        profiles: Sequence[ModelProfile] = PROFILES,
        default_model: str = DEFAULT_MODEL,
        is_sideband: bool = False,
    ) -> None:
        self._name = name
        self._wire_dialect = wire_dialect
        self._profiles = profiles
        self._default_model = default_model
        self._is_sideband = is_sideband
        self._truncates = "conversation.item.truncate" not in SHAPES[wire_dialect].lacks
        self._session = RealtimeSession()
        self._has_spoken = False
        self._causes = Causes()
        self._say = self._causes.say
        self._begin()

    def _begin(self, max_queued: int = 8) -> None:
        """All that belongs to one connection, from the beginning."""
        self._responses = Responses(self._say, max_queued=max_queued, truncates=self._truncates)
        self._updates = Updates(self._say)
        self._is_ready = False
        self._microphone = Microphone(self._say, self._responses)
        self._user = User(self._responses)
        self._last_error: Failure | None = None

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            input_format=PCM16_24K, output_format=PCM16_24K, truncates=self._truncates
        )

    @property
    def owes_answer(self) -> bool:
        """Whether the user speaks, a response is wanted or under way, or a turn was taken."""
        is_idle = self._responses.arbiter.is_idle
        return self._user.is_speaking or self._user.is_turn_taken or not is_idle

    @property
    def is_awaiting(self) -> bool:
        """Whether a response is under way: the server sends it, or says that it is over."""
        return self._responses.arbiter.phase in _UNDER_WAY

    def configure(self, config: RealtimeConfig) -> tuple[str, ...]:
        """Take the settings; the names of those the session has no place for."""
        self._session, ignored = session_for(config, self._profile(config))
        return ignored

    def _model(self, config: RealtimeConfig) -> str:
        return config.model or self._default_model

    def _profile(self, config: RealtimeConfig) -> ModelProfile:
        return config.profile or profile_for(self._model(config), self._profiles)

    def seed_rules(self, config: RealtimeConfig) -> SeedRules:
        """Everything but audio may be told to a new session."""
        return SeedRules()

    def connection(self, *, limits: Limits, ids: IdFactory) -> OpenAIConnection:
        """The wire level for a new road."""
        return OpenAIConnection(
            dialect=self._wire_dialect, max_frame_bytes=limits.max_frame_bytes, ids=ids
        )

    def opened(self, fx: Effects) -> None:
        """The server speaks first, but on a sideband."""
        self._begin(fx.limits.queued_responses)
        if self._is_sideband:
            self._set_up(fx)

    # --- what the application wants

    def command(self, command: VoiceCommand, fx: Effects) -> None:
        """Turn a command into wire events. Raises LocalProtocolError with nothing changed."""
        match command:
            case SendAudio(data):
                self._microphone.append(data, fx)
            case SendText(text):
                message = Message(role="user", content=(InputText(text=text),))
                self._say(wire.ConversationItemCreate(item=message), fx)
                self._responses.want(fx)
            case SendImage():
                self._send_image(command, fx)
            case CommitAudio():
                self._microphone.commit(fx)
            case EndAudio():
                self._microphone.end(fx)
            case ClearAudio():
                self._microphone.clear(fx)
            case Interrupt():
                self._responses.cancel(fx)
                self._responses.cut(fx)
            case UpdateSession(config):
                self._update(config, fx)
            case SendWire(event):
                self._send_wire(event, fx)
            case _:
                raise LocalProtocolError(f"{type(command).__name__} is no command for a dialect")

    def _send_image(self, image: SendImage, fx: Effects) -> None:
        if image.mime_type not in IMAGE_TYPES:
            raise LocalProtocolError(f"{self.name} takes {' and '.join(IMAGE_TYPES)} only")
        url = f"data:{image.mime_type};base64,{b64encode(image.data).decode()}"
        message = Message(role="user", content=(InputImage(image_url=url),))
        self._say(wire.ConversationItemCreate(item=message), fx)

    def _update(self, config: RealtimeConfig, fx: Effects) -> None:
        if self._model(config) != self._model(fx.config):
            raise ConfigurationError("the model of a session cannot change", code="unsupported")
        if self._has_spoken and config.voice != fx.config.voice:
            raise ConfigurationError(
                "the voice is fixed once the model has spoken", code="unsupported"
            )
        new, _ = session_for(config, self._profile(config))
        patch = patch_between(self._session, new)
        if patch is not None:
            self._updates.send(patch, fx, before=fx.config)
        self._session = new
        fx.adopt(config)

    def _send_wire(self, event: Any, fx: Effects) -> None:
        for refusal in refusals(event, self._profile(fx.config)):
            raise LocalProtocolError(refusal, code="unsupported")
        if isinstance(event, wire.ResponseCreate) and event.event_id is UNSET:
            self._responses.want(fx, request=event.response or None)
        elif isinstance(event, wire.SessionUpdate):
            self._updates.send(event.session, fx, event_id=event.event_id)
        elif hasattr(event, "event_id"):
            self._say(event, fx)
        else:
            fx.transmit(event)

    def answer_tool(self, result: ToolResult, fx: Effects) -> None:
        """Say the answer; after the last open one of a response, ask for the next response."""
        if result.will_continue:
            raise LocalProtocolError(f"{self.name} takes one result for each call")
        output = result.output
        if result.is_error and not isinstance(output, dict):
            output = {"error": output}
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        item = FunctionCallOutput(call_id=result.call_id, output=text)
        self._say(wire.ConversationItemCreate(item=item), fx)
        settlement = fx.tools.settle(result.call_id)
        if result.scheduling == "interrupt":
            self._responses.cancel(fx)
            self._responses.cut(fx)
        self._responses.answered(settlement.group, fx, is_silent=result.scheduling == "silent")
        self._responses.create_if_due(fx)

    # --- time, and the end of a road

    def next_deadline_us(self) -> int | None:
        """When the server has to have said what is due."""
        return self._responses.arbiter.deadline_us

    def tick(self, fx: Effects) -> None:
        """A deadline may have come."""
        self._responses.tick(fx)

    def lost(self, code: int | None, reason: str, *, can_resume: bool) -> Verdict:
        """What it means that the road ended."""
        phase: LostPhase = "open" if self._is_ready else "set-up"
        return judge_close(
            code, reason, phase=phase, rules=RULES, said=self._last_error, can_resume=can_resume
        )

    def unopened(self, error: RealtimeConnectionError, *, unix_time: float) -> Verdict:
        """What it means that a new road could not be opened."""
        return judge_unopened(error, rules=RULES, unix_time=unix_time)

    def abandon(self, fx: Effects) -> tuple[Lost, ...]:
        """The road is gone: what was in flight."""
        lost = self._responses.in_flight()
        ms = self._microphone.uncommitted_ms
        if ms and fx.config.vad_mode is VADMode.MANUAL:
            lost += (Lost(kind="audio", ms=ms),)
        self._responses.give_up(fx)
        self._begin(fx.limits.queued_responses)
        return lost

    # --- what the server says

    def event(self, event: Any, fx: Effects) -> None:
        """Turn a wire event into neutral ones."""
        self._last_error = None  # what a close repeats is what was said just before it
        match event:
            case wire.ResponseOutputAudioDelta():
                self._speak(event, event.delta, fx)
            case wire.ResponseOutputAudioDone():
                if not self._responses.of(event.response_id).drops_audio:
                    fx.emit(
                        AudioChunk(
                            data=b"",
                            is_final=True,
                            item_id=event.item_id,
                            response_id=event.response_id,
                        )
                    )
            case wire.ResponseOutputAudioTranscriptDelta() | wire.ResponseOutputTextDelta():
                is_spoken = isinstance(event, wire.ResponseOutputAudioTranscriptDelta)
                self._responses.of(event.response_id).open_texts[event.item_id] = is_spoken
                fx.say(
                    event.delta,
                    item_id=event.item_id,
                    speaker="assistant",
                    response_id=event.response_id,
                    is_spoken=is_spoken,
                )
            case wire.ResponseOutputAudioTranscriptDone(transcript=text):
                self._text_done(event, text, fx, is_spoken=True)
            case wire.ResponseOutputTextDone(text=text):
                self._text_done(event, text, fx, is_spoken=False)
            case wire.ConversationItemInputAudioTranscriptionDelta(delta=text, item_id=item_id):
                self._user.heard(text or "", item_id, fx)
            case wire.ConversationItemInputAudioTranscriptionCompleted():
                self._user.transcribed(event, fx)
            case wire.ConversationItemInputAudioTranscriptionFailed():
                fx.finish(None, item_id=event.item_id, speaker="user")
                self._report(event.error, fx)
            case wire.InputAudioBufferSpeechStarted():
                self._user.started(event.item_id, event.audio_start_ms, fx)
            case wire.InputAudioBufferSpeechStopped():
                self._user.stopped(event.item_id, event.audio_end_ms, fx)
            case wire.InputAudioBufferCommitted():
                item = Message(id=event.item_id, status="in_progress", role="user", content=())
                self._mirror(item, event.previous_item_id, fx)
                self._user.committed(fx)
            case wire.ResponseCreated():
                self._user.answered()
                self._responses.created(event.response, fx)
            case wire.ResponseDone():
                self._done(event, fx)
            case wire.ResponseOutputItemDone():
                self._mirror(event.item, None, fx)
                if isinstance(event.item, FunctionCall):
                    self._called(event.item, event.response_id, fx)
            case wire.ConversationItemAdded() | wire.ConversationItemCreated():
                self._mirror(event.item, event.previous_item_id, fx)
            case wire.ConversationItemDone() | wire.ResponseOutputItemAdded():
                self._mirror(event.item, None, fx)
            case wire.ConversationItemDeleted(item_id=item_id):
                fx.history.remove(item_id)
            case wire.RateLimitsUpdated():
                fx.emit(RateLimitsUpdated(limits=tuple(map(_rate_limit, event.rate_limits))))
            case wire.SessionCreated():
                self._note_expiry(event.session, fx)
                self._set_up(fx)
            case wire.SessionUpdated():
                self._note_expiry(event.session, fx)
                self._updated(event.session, fx)
            case wire.Error():
                self._error(event.error, fx)
            case UnknownEvent():
                fx.emit(event)
            case _:
                pass  # carries nothing a neutral event has a place for

    def malformed(self, tag: str | None, fx: Effects) -> None:
        """Settle what would otherwise wait for ever for an event that could not be read."""
        if tag == wire.ResponseDone.type:
            self._responses.done_unreadably(fx)
        elif tag == wire.ResponseCreated.type:
            self._user.answered()
            self._responses.created_unreadably(fx)
        elif tag == wire.InputAudioBufferSpeechStarted.type:
            self._user.started(None, None, fx)
        elif tag == wire.InputAudioBufferSpeechStopped.type:
            self._user.stopped(None, None, fx)
        elif tag == wire.SessionCreated.type:
            self._set_up(fx)
        elif tag == wire.SessionUpdated.type:
            self._updated(None, fx)

    # --- set-up

    def _set_up(self, fx: Effects) -> None:
        if not self._updates.are_pending and not self._is_ready:
            self._updates.send(self._session, fx)

    def _updated(self, session: Any, fx: Effects) -> None:
        if not self._updates.are_pending:
            return  # somebody else's, on a call that others take part in
        differences = self._updates.confirmed(session)
        if self._is_ready:
            if differences:
                message = f"the server took otherwise: {', '.join(differences)}"
                fx.emit(ErrorReported(failure=Failure(kind="remote", message=message)))
            return
        self._is_ready = True
        for item in fx.seed.items:
            self._say(wire.ConversationItemCreate(item=seed_item(item)), fx)
        model = getattr(session, "model", None) or self._model(fx.config)
        session_id = getattr(session, "id", None) or None
        fx.ready(session_id=session_id, model=model, altered=differences)

    def _note_expiry(self, session: Any, fx: Effects) -> None:
        expires_at = getattr(session, "expires_at", None)
        if expires_at:
            fx.expires_at(float(expires_at))

    # --- the assistant

    def voice(self, event: Any) -> Voice | None:
        """What becomes of audio that comes in one event like *event* after the other."""
        is_audio = isinstance(event, wire.ResponseOutputAudioDelta)
        return partial(self._speak, event) if is_audio else None

    def _speak(self, like: wire.ResponseOutputAudioDelta, data: bytes, fx: Effects) -> None:
        self._last_error = None
        if not self._responses.of(like.response_id).drops_audio:
            self._has_spoken = True
            self._responses.voiced(like.item_id)
            fx.emit_audio(
                data,
                item_id=like.item_id,
                response_id=like.response_id,
                content_index=like.content_index,
            )

    def _text_done(self, event: Any, text: str, fx: Effects, *, is_spoken: bool) -> None:
        self._responses.of(event.response_id).open_texts.pop(event.item_id, None)
        fx.finish(text, item_id=event.item_id, speaker="assistant", is_spoken=is_spoken)

    def _mirror(self, item: Any, previous: str | None, fx: Effects) -> None:
        entry = history_item(item)
        if entry is not None:
            fx.history.insert(entry, after=previous)

    def _called(self, call: FunctionCall, response_id: str, fx: Effects) -> None:
        if call.status == "incomplete" or not call.call_id:
            return
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            arguments = None
        self._responses.of(response_id)
        fx.call_tool(call.call_id, call.name, arguments, group=response_id)

    def _done(self, event: wire.ResponseDone, fx: Effects) -> None:
        response = event.response
        if response.usage is not None and response.usage.total_tokens is not None:
            usage = usage_of(response.usage, attrs.asdict(response.usage))
            fx.used(response.id, usage, response_id=response.id)
        error = getattr(response.status_details, "error", None)
        if error is not None:
            self._report(error, fx)
        self._responses.done(response, fx)

    # --- errors

    def _error(self, error: Any, fx: Effects) -> None:
        fate, failure = judged(error)
        is_busy = fate is Fate.RETRYABLE and "active" in (error.code or error.message or "")
        if self._updates.refused(error.event_id, fx):
            if not self._is_ready:
                fx.fail(failure)
                return
            self._session, _ = session_for(fx.config, self._profile(fx.config))
        refusal = self._responses.refused(error.event_id, fx, busy=is_busy)
        if refusal is not Refusal.SETTLED and fate is not Fate.NORMAL:
            self._report(error, fx)

    def _report(self, error: Any, fx: Effects) -> None:
        _, failure = judged(error)
        self._last_error = self._causes.explained(failure)
        fx.emit(ErrorReported(failure=self._last_error))


def _rate_limit(limit: wire.RateLimit) -> RateLimit:
    return RateLimit(
        name=limit.name,
        limit=limit.limit,
        remaining=limit.remaining,
        reset_s=limit.reset_seconds,
    )
