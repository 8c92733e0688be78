"""The catalogue of the wire against the classes: every message, member, type, field and value.

The catalogue is what the vendor's packages, descriptors and references say, as data. It is read
where the recordings are; the classes are compared with it by their annotations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin, get_type_hints

import attrs
import pytest
from helpers import wire
from helpers.require import require

from realtime_proto import gemini
from realtime_proto._codec import Int64, camel_case
from realtime_proto.gemini import CLIENT_MEMBERS, SERVER_MEMBERS
from realtime_proto.gemini.schema import Schema
from realtime_proto.wire import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wire

FREE: Final = {
    "JsonSchema": "a document of another standard",
    "JsonValue": "a value of what a schema describes: a default, an example",
    "FunctionCall.args": "what a function of the client's takes",
    "FunctionResponse.response": "what a function of the client's gives",
    "BuiltInToolCall.args": "what a tool of the server's takes",
    "BuiltInToolResponse.response": "what a tool of the server's gives",
    "Part.part_metadata": "what the application wants to keep with a part",
    "ToolParallelAiSearch.custom_configs": "what somebody else's search takes",
    "ToolExaAiSearch.custom_configs": "what somebody else's search takes",
    "ServerError.details": "messages of any type",
}
"""What is free JSON by nature: fields, and the two aliases that say so in an annotation."""

RENAMED: Final = {
    # The names of the messages are taken.
    "ToolCall": "BuiltInToolCall",
    "ToolResponse": "BuiltInToolResponse",
}

NOT_OF_THIS_WIRE: Final = {
    "LiveClientMessage": "the tables of members stand for it",
    "LiveServerMessage": "the tables of members stand for it",
    "AuthToken": "of the REST API that makes tokens: see `tokens`",
    "LiveConnectConstraints": "of the REST API that makes tokens: see `tokens`",
    "CreateAuthTokenConfig": "of the REST API that makes tokens: see `tokens`",
}

NOT_IN_THE_CATALOGUE: Final = {
    "ServerError": "in packages as an object of any shape",
    "InteractionStatusChanged": "a member whose body is text",
    "ImageConfig": "named without its fields; in the descriptors",
    "RetrievalConfig": "named without its fields; in the descriptors",
    "RetrievalResource": "named without its fields; in the descriptors",
}

VOCABULARIES: Final = {
    "ActivityHandling": gemini.ACTIVITY_HANDLING,
    "ApiSpec": gemini.API_SPECS,
    "AspectRatio": gemini.ASPECT_RATIOS,
    "AudioTranscriptionConfigMode": gemini.TRANSCRIPTION_MODES,
    "AuthType": gemini.AUTH_TYPES,
    "Behavior": gemini.BEHAVIORS,
    "Delivery": gemini.DELIVERIES,
    "DocumentMetadataContentLayer": gemini.DOCUMENT_CONTENT_LAYERS,
    "DynamicRetrievalConfigMode": gemini.DYNAMIC_RETRIEVAL_MODES,
    "EndSensitivity": gemini.END_SENSITIVITIES,
    "Environment": gemini.ENVIRONMENTS,
    "FeatureSelectionPreference": gemini.FEATURE_SELECTION_PREFERENCES,
    "FunctionResponseScheduling": gemini.FUNCTION_RESPONSE_SCHEDULING,
    "HarmBlockMethod": gemini.HARM_BLOCK_METHODS,
    "HarmBlockThreshold": gemini.HARM_BLOCK_THRESHOLDS,
    "HarmCategory": gemini.HARM_CATEGORIES,
    "HttpElementLocation": gemini.HTTP_ELEMENT_LOCATIONS,
    "ImageSize": gemini.IMAGE_SIZES,
    "InteractionStatus": gemini.INTERACTION_STATUSES,
    "Language": gemini.LANGUAGES,
    "MediaModality": gemini.MODALITIES,
    "MediaProcessing": gemini.MEDIA_PROCESSING,
    "MediaResolution": gemini.MEDIA_RESOLUTIONS,
    "Modality": gemini.RESPONSE_MODALITIES,
    "Outcome": gemini.OUTCOMES,
    "PartMediaResolutionLevel": gemini.MEDIA_RESOLUTION_LEVELS,
    "PhishBlockThreshold": gemini.PHISH_BLOCK_THRESHOLDS,
    "SafetyPolicy": gemini.SAFETY_POLICIES,
    "ServiceTier": gemini.SERVICE_TIERS,
    "SpeechState": gemini.SPEECH_STATES,
    "SpreadsheetMetadataContentLayer": gemini.SPREADSHEET_CONTENT_LAYERS,
    "StartSensitivity": gemini.START_SENSITIVITIES,
    "ThinkingLevel": gemini.THINKING_LEVELS,
    "ToolType": gemini.TOOL_TYPES,
    "TrafficType": gemini.TRAFFIC_TYPES,
    "TurnCompleteReason": gemini.TURN_COMPLETE_REASONS,
    "TurnCoverage": gemini.TURN_COVERAGE,
    "Type": gemini.SCHEMA_TYPES,
    "UrlRetrievalStatus": gemini.URL_RETRIEVAL_STATUSES,
    "VadSignalType": gemini.VAD_SIGNALS,
    "VideoMetadataContentLayer": gemini.VIDEO_CONTENT_LAYERS,
    "VoiceActivityType": gemini.VOICE_ACTIVITIES,
    # Vocabularies without a name of their own.
    "typing.Literal['NULL_VALUE']": gemini.NULL_VALUES,
    "typing.Literal['UNKNOWN', 'PRIORITIZE_QUALITY', 'BALANCED', 'PRIORITIZE_COST']": (
        gemini.MODEL_ROUTING_PREFERENCES
    ),
}

SCALARS: Final[Mapping[str, Any]] = {
    "string": str,
    "bool": bool,
    "number": float,
    "bytes": bytes,
    "timestamp": str,
}


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    """The catalogue."""
    require("wire", wire.missing())
    return wire.catalogue("gemini_messages")


def classes() -> dict[str, type]:
    """Every class of the vocabulary by its name."""
    return {
        name: value
        for name, value in vars(gemini).items()
        if isinstance(value, type) and attrs.has(value) and value is not gemini.UnknownEvent
    }


def class_of(type_name: str) -> type | None:
    """The class for a type of the catalogue."""
    name = re.sub("^Live(Client|Server)(?!Content)", "", type_name).removeprefix("Live")
    return classes().get(RENAMED.get(type_name, name))


def test_every_member_is_an_event(catalogue: dict[str, Any]) -> None:
    """Each side's messages are its table's, and each is the class of its type."""
    for table, told in (
        (CLIENT_MEMBERS, catalogue["client_messages"]),
        (SERVER_MEMBERS, catalogue["server_messages"]),
    ):
        own = {member for member, cls in table.items() if cls.__name__ in NOT_IN_THE_CATALOGUE}
        assert told.keys() | own == table.keys()
        assert {
            member: class_of(message["type"]) or table[member] for member, message in told.items()
        } == {member: cls for member, cls in table.items() if member in told}


def test_every_type_is_a_class(catalogue: dict[str, Any]) -> None:
    """Each type has a class, each class a type, but for those listed with a reason."""
    found = {name: class_of(name) for name in catalogue["types"] if name not in NOT_OF_THIS_WIRE}
    assert [] == [name for name, cls in found.items() if cls is None]
    assert len(found) == len(set(found.values()))
    unknown = {name for name, cls in classes().items() if cls not in found.values()}
    assert NOT_IN_THE_CATALOGUE.keys() == unknown


def rows(catalogue: dict[str, Any]) -> Iterator[tuple[type, str, dict[str, Any]]]:
    """(class, wire name, what the catalogue says) for every field."""
    for name, told in catalogue["types"].items():
        cls = class_of(name)
        if name not in NOT_OF_THIS_WIRE and cls is not None:
            for field, says in told["fields"].items():
                yield cls, field, says


def test_every_field_is_an_attribute(catalogue: dict[str, Any]) -> None:
    """Each field is an attribute of the same name and type; no attribute is made up."""
    told: dict[type, set[str]] = {}
    wrong = []
    for cls, name, says in rows(catalogue):
        told.setdefault(cls, set()).add(name)
        found = attribute_type(cls, name)
        if found is None or (found != expected_type(says) and not is_free(says["type"])):
            wrong.append(f"{cls.__name__}.{name}: {expected_type(says)} is {found}")
    assert [] == wrong
    made_up = {
        f"{name}.{camel_case(field.name)}"
        for name, cls in classes().items()
        for field in attrs.fields(cls)
        if name not in NOT_IN_THE_CATALOGUE and camel_case(field.name) not in told.get(cls, set())
    }
    assert set() == made_up
    n_fields = sum(map(len, told.values()))
    print(f"recordings: gemini: catalogue: {len(told)} types with fields, {n_fields} fields")


def attribute_type(cls: type, wire_name: str) -> Any:
    """What the attribute holds when it is not None; None where there is no such attribute."""
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        if camel_case(field.name) == wire_name:
            hint = hints[field.name]
            kept = tuple(arg for arg in get_args(hint) if arg is not type(None))
            return kept[0] if len(kept) == 1 and type(None) in get_args(hint) else hint
    return None


def expected_type(says: dict[str, Any]) -> Any:
    """What the catalogue demands of an attribute."""
    name = says["type"]
    item: Any
    if name == "integer":
        item = Int64 if "int64" in says.get("json", "") else int
    elif name in VOCABULARIES:
        item = str
    elif (mapping := re.fullmatch("map<string,(.+)>", name)) is not None:
        item = Mapping[str, expected_type({"type": mapping[1], "repeated": False})]  # type: ignore[misc]
    else:
        item = SCALARS.get(name, class_of(name))
    return tuple[item, ...] if says["repeated"] else item


def is_free(type_name: str) -> bool:
    """Whether the catalogue leaves open what stands there."""
    return type_name in ("Any", "any", "Value", "map<string,Any>")


def test_what_is_free_is_free_by_nature(catalogue: dict[str, Any]) -> None:
    """Every attribute has a type, but for ten kinds of free JSON, each with a reason."""
    assert len(FREE) <= 10
    found = {
        alias_in(field.type) or f"{name}.{field.name}"
        for name, cls in classes().items()
        for field in attrs.fields(cls)
        if holds_free_json(get_type_hints(cls)[field.name])
    }
    assert FREE.keys() == found
    told = {(cls, name) for cls, name, says in rows(catalogue) if is_free(says["type"])}
    typed = {(cls, name) for cls, name in told if not holds_free_json(attribute_type(cls, name))}
    assert {(Schema, "additionalProperties")} == typed
    assert attribute_type(Schema, "additionalProperties") == bool | Schema | None


def alias_in(annotation: Any) -> str | None:
    """The alias that an annotation, which is still text, names."""
    found = re.search(r"\b(JsonSchema|JsonValue)\b", annotation)
    return found and found[1]


def holds_free_json(hint: Any) -> bool:
    """Whether an annotation has free JSON in it, or what is no type at all."""
    if hint in (Any, object, dict) or hint == JsonObject or get_origin(hint) is dict:
        return True
    return any(holds_free_json(arg) for arg in get_args(hint) if arg is not Ellipsis)


def test_every_value_is_known(catalogue: dict[str, Any]) -> None:
    """Each vocabulary is the catalogue's, but for the value that says that nothing was said."""
    told: dict[str, set[str]] = {
        name: {value["name"] for value in enum["values"]}
        for name, enum in catalogue["enums"].items()
    }
    used = {says["type"] for _, _, says in rows(catalogue)}
    assert {"ResourceScope"} == told.keys() - used, "a vocabulary that no field has"
    told |= {name: set(re.findall(r"'(\w+)'", name)) for name in used if name.startswith("typing.")}
    del told["ResourceScope"]
    assert told.keys() == VOCABULARIES.keys()
    for name, known in VOCABULARIES.items():
        unsaid = {value for value in told[name] if value.upper().endswith("UNSPECIFIED")}
        assert told[name] == known | unsaid, name
        assert len(unsaid) == (0 if name.startswith("typing.") else 1), name
    n_values = sum(map(len, VOCABULARIES.values()))
    print(f"recordings: gemini: catalogue: {len(VOCABULARIES)} vocabularies, {n_values} values")


def test_no_vocabulary_is_made_up() -> None:
    """Every constant of values is one of the catalogue's."""
    constants = {name for name, value in vars(gemini).items() if isinstance(value, frozenset)}
    assert len(constants) == len(VOCABULARIES)
