"""What a type checker must refuse, one mistake a marked line. Never run."""

from __future__ import annotations

from realtime_io import RealtimeConfig, RealtimeVoice, ToolCallRequest, TranscriptDelta
from realtime_io.session import VoiceSession

voice = RealtimeVoice("openai", {"voice": "alloy"})  # error
voice = RealtimeVoice(7)  # error
voice = RealtimeVoice(reconnect="yes")  # error
RealtimeConfig(vad_mode="server")  # error
RealtimeConfig(colour="red")  # error


@voice.on_audio  # error
def play(audio: bytes, volume: int) -> None: ...


@voice.on_transcript  # error
def show(text: int, is_final: bool) -> None: ...


voice.on_error(lambda: None)  # error
TranscriptDelta(text="a", is_final=True, speaker="nobody")  # error
ToolCallRequest("c1", "look", {})  # error


async def main(session: VoiceSession) -> None:
    """Wrong calls."""
    await session.send_audio("text")  # error
    await session.send_text(b"bytes")  # error
    await session.send_audio(b"", 48_000)  # error
    session.is_active = True  # error
    for _ in voice.run([b""]):  # error
        pass
