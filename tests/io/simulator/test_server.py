"""The simulator as a server: which path speaks which protocol, who is let in, and TLS."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from helpers.certificates import client_context, server_context

from realtime_io.relay import Channel, connect
from realtime_io.simulator import Simulator
from realtime_proto.dialect import Endpoint
from realtime_proto.errors import ConfigurationError, ConnectionLost, HandshakeRejected
from realtime_proto.providers import PROVIDERS
from realtime_proto.secret import Secret

GEMINI = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def endpoint(simulator: Simulator, path: str, **details: Any) -> Endpoint:
    base_url = simulator.base_url("gemini").replace("http", "ws", 1)
    return Endpoint(url=base_url + path, **details)


async def set_up(channel: Channel) -> Any:
    await channel.send(json.dumps({"setup": {"model": "models/any"}}))
    return json.loads(await channel.receive())


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_both_protocols_are_told_apart_by_path(encrypted: bool, slash: str) -> None:
    """With and without TLS, and with the second slash that a client of Google's sends."""
    context = server_context() if encrypted else None
    trust = client_context() if encrypted else None
    with anyio.fail_after(5):
        async with Simulator(with_voice=False, pace=0, ssl_context=context) as simulator:
            assert simulator.base_url("openai") == simulator.base_url("gemini") + "/v1"
            path = f"{slash}/v1/realtime?model=any"
            headers = (("authorization", "Bearer any"),)
            async with connect(
                endpoint(simulator, path, headers=headers), ssl_context=trust
            ) as channel:
                created = json.loads(await channel.receive())
                assert ("session.created", "any") == (created["type"], created["session"]["model"])
            path = f"{slash}{GEMINI}?key=any"
            async with connect(endpoint(simulator, path), ssl_context=trust) as channel:
                assert {"setupComplete": {}} == await set_up(channel)
    assert [] == simulator.failures


async def test_another_path_is_not_found() -> None:
    """404, and the error says what there is."""
    with anyio.fail_after(5):
        async with Simulator(with_voice=False) as simulator:
            with pytest.raises(HandshakeRejected, match="there is /v1/realtime") as caught:
                async with connect(endpoint(simulator, "/v2/chat?key=canary")):
                    pytest.fail("there is nothing there")
            assert 404 == caught.value.status
            assert "canary" not in str(caught.value)


async def test_a_key_is_taken_as_a_subprotocol_and_not_echoed() -> None:
    """As web pages send it; Google's header counts for Google's protocol."""
    offered = ("realtime", "openai-insecure-api-key.right")
    with anyio.fail_after(5):
        async with Simulator(with_voice=False, keys=["right"]) as simulator:
            path = "/v1/realtime?model=any"
            async with connect(endpoint(simulator, path, subprotocols=offered)) as channel:
                assert "realtime" == channel.subprotocol
                assert "session.created" == json.loads(await channel.receive())["type"]
            headers = (("x-goog-api-key", "right"),)
            async with connect(endpoint(simulator, GEMINI, headers=headers)) as channel:
                assert {"setupComplete": {}} == await set_up(channel)
            async with connect(endpoint(simulator, GEMINI)) as channel:
                with pytest.raises(ConnectionLost, match="API key") as caught:
                    await set_up(channel)
                assert 1007 == caught.value.received
    assert [] == simulator.failures


async def test_in_memory_it_needs_no_network() -> None:
    """Nor has it a port, or TLS."""
    async with Simulator(with_voice=False, in_memory=True) as simulator:
        assert simulator.base_url("openai").endswith(".invalid:80/v1")
        async with connect(endpoint(simulator, GEMINI + "?key=any")) as channel:
            assert "setupComplete" in await set_up(channel)
    assert [] == simulator.failures
    for options in ({"port": 5}, {"ssl_context": server_context()}):
        with pytest.raises(ConfigurationError, match="there are no ports, and no TLS"):
            Simulator(with_voice=False, in_memory=True, **options)


@pytest.mark.parametrize("is_called", [True, False])
async def test_a_history_may_hold_a_call_and_its_output(is_called: bool) -> None:
    """As a client tells it that goes on with a conversation; an output alone is refused."""
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "here"}
    async with Simulator(with_voice=False, in_memory=True) as simulator:
        spec = PROVIDERS["openai"]
        base_url = simulator.base_url("openai")
        async with connect(spec.endpoint("any", key=Secret("any"), base_url=base_url)) as channel:
            for item in (call, output) if is_called else (output,):
                await channel.send(json.dumps({"type": "conversation.item.create", "item": item}))
            said = [json.loads(await channel.receive()) for _ in range(5 if is_called else 2)]
    kinds = [item["item"]["type"] for item in said if item["type"] == "conversation.item.done"]
    codes = [error["error"]["code"] for error in said if error["type"] == "error"]
    expected = (
        (["function_call", "function_call_output"], [])
        if is_called
        else ([], ["invalid_tool_call_id"])
    )
    assert expected == (kinds, codes)


async def test_where_it_listens_is_known_while_it_does() -> None:
    """Neither before nor after; and a provider it does not speak has no URL."""
    simulator = Simulator(with_voice=False)
    with pytest.raises(ConfigurationError, match="does not listen"):
        simulator.base_url("openai")
    async with simulator:
        with pytest.raises(ConfigurationError, match="does not speak 'other'"):
            simulator.base_url("other")
        port = int(simulator.base_url("gemini").rpartition(":")[2])
        with pytest.raises(ConfigurationError, match="cannot listen on"):
            async with Simulator(with_voice=False, port=port):
                pytest.fail("the port is taken")
    with pytest.raises(ConfigurationError, match="does not listen"):
        simulator.base_url("openai")
