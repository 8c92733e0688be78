"""The codec is strict about JSON types and names every path at fault."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import pytest
from attrs import field, frozen
from helpers.strategies import events
from hypothesis import given

from realtime_proto._codec import (
    DRIFT_LIMIT,
    FAULT_LIMIT,
    ITEM_LIMIT,
    NAME_LIMIT,
    Codec,
    Int64,
    Mismatch,
    camel_case,
)
from realtime_proto._json import dumps, loads
from realtime_proto.wire import UNSET, JsonObject, UnknownObject, Unset, WireValue


@frozen(kw_only=True)
class Leaf:
    type: ClassVar[Literal["leaf"]] = "leaf"
    number: float


@frozen(kw_only=True)
class Twig:
    type: ClassVar[Literal["twig"]] = "twig"
    number: int


@frozen(kw_only=True)
class Plain:
    name: str


@frozen(kw_only=True)
class Tree:
    """Every kind of annotation the codec knows."""

    type: ClassVar[Literal["tree"]] = "tree"
    text: str
    count: int = 7
    share: float | Unset = UNSET
    flag: bool | None = None
    audio: bytes = b""
    big: Int64 | None = None
    free: JsonObject | Unset | None = UNSET
    anything: Any = None
    one: Leaf | None = None
    names: tuple[str, ...] = ()
    parts: tuple[Leaf | Twig | UnknownObject, ...] | Unset = UNSET
    strict: Leaf | Twig | None = None
    labels: Mapping[str, str] | Unset | None = UNSET
    plains: Mapping[str, Plain] | None = None
    limit: int | str | None = None
    choice: str | Leaf | Twig | UnknownObject | Unset = UNSET
    voice: str | Plain | Unset = UNSET
    some: tuple[str, ...] | Plain | Unset | None = UNSET
    lone: UnknownObject | None = None
    snake_case_name: str | None = None
    maybes: tuple[str | None, ...] = ()
    mixed: tuple[str | Leaf | None, ...] = ()
    chosen: tuple[str | Leaf, ...] = ()


@frozen(kw_only=True)
class Nest:
    """A class that holds itself, in every container."""

    inner: Nest | None = None
    several: tuple[Nest, ...] = ()
    named: Mapping[str, Nest] | None = None
    either: bool | Nest | None = None


PLAIN = Codec()
CAMEL = Codec(camel=True)
BOTH = pytest.mark.parametrize("codec", [PLAIN, CAMEL], ids=["plain", "camel"])


def read(value: Any, cls: type = Tree, codec: Codec = PLAIN) -> Any:
    """*value* as a *cls*, its drift forgotten."""
    return codec.structure(value, cls, drift=Counter())


def faults_of(value: Any, cls: type = Tree, codec: Codec = PLAIN) -> tuple[tuple[str, str], ...]:
    """What is wrong with *value*, as (path, words)."""
    with pytest.raises(Mismatch) as caught:
        read(value, cls, codec)
    return caught.value.faults


@BOTH
@given(tree=events(Tree))
def test_decode_of_encode_is_the_same(codec: Codec, tree: Tree) -> None:
    """For every value a field can hold, through real JSON text."""
    assert tree == read(loads(dumps(codec.unstructure(tree))), codec=codec)


def test_a_type_of_the_wrong_kind_is_read_as_what_it_is() -> None:
    """Where `type` is no tag, it is a field like any other."""
    codec = Codec(tagged=False)
    drift: Counter[str] = Counter()
    assert codec.unstructure(Twig(number=1)) == {"number": 1}
    assert Twig(number=1) == codec.structure({"type": "x", "number": 1}, Twig, drift=drift)
    assert drift == {"twig.type": 1}


@pytest.mark.parametrize(
    ("change", "path", "fault"),
    [
        ({"text": 5}, ".text", "expected a string, got an integer"),
        ({"text": None}, ".text", "null"),
        ({"count": "5"}, ".count", "expected an integer, got a string"),
        ({"count": True}, ".count", "expected an integer, got a boolean"),
        ({"count": 1.0}, ".count", "expected an integer, got a number"),
        ({"share": True}, ".share", "expected a number, got a boolean"),
        ({"share": "0.5"}, ".share", "expected a number, got a string"),
        ({"flag": 1}, ".flag", "expected a boolean, got an integer"),
        ({"audio": 1}, ".audio", "expected base64 text, got an integer"),
        ({"audio": "AA"}, ".audio", "not base64"),
        ({"big": "1.5"}, ".big", "expected a 64-bit integer, got a string"),
        ({"big": "٣"}, ".big", "expected a 64-bit integer, got a string"),
        ({"big": "9223372036854775808"}, ".big", "expected a 64-bit integer, got a string"),
        ({"big": 2**63}, ".big", "expected a 64-bit integer, got an integer"),
        ({"free": []}, ".free", "expected an object, got an array"),
        ({"one": "x"}, ".one", "expected an object, got a string"),
        ({"one": {}}, ".one.number", "missing"),
        ({"names": "ab"}, ".names", "expected an array, got a string"),
        ({"names": ["a", None]}, ".names[1]", "expected a string, got null"),
        ({"parts": [1]}, ".parts[0]", "expected an object, got an integer"),
        ({"parts": [None]}, ".parts[0]", "expected an object, got null"),
        ({"parts": [{}]}, ".parts[0].type", "expected a string, got null"),
        ({"parts": [{"type": ["leaf"]}]}, ".parts[0].type", "expected a string, got an array"),
        ({"strict": {"type": "bush"}}, ".strict.type", "a value that is not known here"),
        ({"labels": []}, ".labels", "expected an object, got an array"),
        ({"labels": {"a": 1}}, ".labels.a", "expected a string, got an integer"),
        ({"plains": {"a": {"name": 1}}}, ".plains.a.name", "expected a string, got an integer"),
        ({"lone": 1}, ".lone", "expected an object, got an integer"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(change, path, fault) -> None:
    """One fault, one path, in words."""
    assert faults_of({"text": "x", **change}) == ((path, fault),)


def test_all_faults_are_told_at_once() -> None:
    """A mixed union tells each way it could not be read."""
    faults = faults_of({"count": "1", "limit": [], "choice": 1, "parts": [{"type": "leaf"}, 1]})
    assert [path for path, _ in faults] == [
        ".text",
        ".count",
        ".parts[0].number",
        ".parts[1]",
        ".limit",
        ".limit",
        ".choice",
        ".choice",
    ]


def test_a_frame_full_of_faults_makes_a_short_error() -> None:
    """An array tells its first faults only, and a made-up key is cut."""
    with pytest.raises(Mismatch) as caught:
        read({"text": "x", "names": [1] * ITEM_LIMIT, "labels": {"k" * 10_000: 1}})
    assert len(caught.value.paths) == FAULT_LIMIT
    assert len(str(caught.value)) < 100 * FAULT_LIMIT
    ((path, _),) = faults_of({"text": "x", "labels": {"k" * 10_000: 1}})
    assert len(path) == len(".labels.") + NAME_LIMIT


def test_an_array_is_bounded() -> None:
    """Millions of empty items fit into a frame; each would be an object here."""
    assert len(read({"text": "x", "names": ["n"] * ITEM_LIMIT}).names) == ITEM_LIMIT
    with pytest.raises(Mismatch, match="more than 10000 items"):
        read({"text": "x", "names": ["n"] * (ITEM_LIMIT + 1)})


def test_paths_start_at_the_root() -> None:
    """`paths` reads as JSON paths, and the message holds them."""
    mismatch = Mismatch((".a[0]", "missing"), ("", "null"))
    assert mismatch.paths == ("$.a[0]", "$")
    assert str(mismatch) == "$.a[0]: missing; $: null"


def test_what_is_not_an_object_is_no_class() -> None:
    """Also at the top."""
    assert faults_of([]) == (("", "expected an object, got an array"),)


def test_null_of_an_optional_field_reads_as_none_or_the_default() -> None:
    """None where the annotation has None, the default elsewhere."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("count", "share", "flag", "names", "parts", "labels", "limit", "strict", "some", "free")
    )
    tree = read({"text": "x", **nothing})
    assert (tree.count, tree.share, tree.flag, tree.names, tree.parts) == (
        7,
        UNSET,
        None,
        (),
        UNSET,
    )
    assert (tree.labels, tree.limit, tree.strict, tree.some, tree.free) == (None,) * 5


def test_null_and_absent_stay_apart() -> None:
    """None is sent as null, UNSET and other defaults are not sent."""
    assert PLAIN.unstructure(Tree(text="x", labels=None)) == {
        "type": "tree",
        "text": "x",
        "labels": None,
    }
    assert read({"text": "x"}).labels is UNSET
    assert read({"text": "x", "labels": None}).labels is None


def test_tagged_members_of_a_mixed_union_go_by_their_tag() -> None:
    """Though another member's fields would fit."""
    assert read({"text": "", "choice": "auto"}).choice == "auto"
    assert read({"text": "", "choice": {"type": "twig", "number": 1}}).choice == Twig(number=1)
    raw = {"type": "bush", "number": 1}
    assert read({"text": "", "choice": raw}).choice == UnknownObject(tag="bush", raw=raw)
    assert read({"text": "", "voice": {"name": "a"}}).voice == Plain(name="a")
    assert read({"text": "", "some": ["a"]}).some == ("a",)


def test_items_may_be_null_where_their_annotation_says_so() -> None:
    """Of one kind, or of several."""
    assert read({"text": "", "maybes": ["a", None]}).maybes == ("a", None)
    mixed = ["a", None, {"type": "leaf", "number": 1}]
    assert read({"text": "", "mixed": mixed}).mixed == ("a", None, Leaf(number=1))
    assert {path for path, _ in faults_of({"text": "", "chosen": mixed})} == {".chosen[1]"}


def test_a_lone_unknown_object_takes_any_object() -> None:
    """Its tag is what `type` says, whatever that is."""
    assert read({"text": "", "lone": {"type": 5}}).lone == UnknownObject(tag="5", raw={"type": 5})


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"text": 5}, ("$.text",)),
        ({"text": "\ud800"}, ("$.text",)),
        ({"text": None}, ("$.text",)),
        ({"text": UNSET}, ("$.text",)),
        ({"count": True}, ("$.count",)),
        ({"count": 2**64}, ("$.count",)),
        ({"share": float("nan")}, ("$.share",)),
        ({"share": True}, ("$.share",)),
        ({"share": 10**400}, ("$.share",)),
        ({"audio": "AAAA"}, ("$.audio",)),
        ({"audio": memoryview(b"abcd")[::2]}, ("$.audio",)),
        ({"big": "5"}, ("$.big",)),
        ({"big": 2**63}, ("$.big",)),
        ({"free": [1]}, ("$.free",)),
        ({"free": {"a": object()}}, ("$.free",)),
        ({"anything": {1}}, ("$.anything",)),
        ({"one": Twig(number=1)}, ("$.one",)),
        ({"one": Leaf(number="1")}, ("$.one.number",)),  # type: ignore[arg-type]
        ({"names": "ab"}, ("$.names",)),
        ({"names": ("a", 1, 2)}, ("$.names[1]", "$.names[2]")),
        ({"parts": (Plain(name="x"),)}, ("$.parts[0]",)),
        ({"labels": {1: "a"}}, ("$.labels",)),
        ({"labels": {"\ud800": "a"}}, ("$.labels",)),
        ({"labels": {"a": 1}}, ("$.labels.a",)),
        ({"limit": 1.5}, ("$.limit",)),
        ({"lone": {"type": "x"}}, ("$.lone",)),
        ({"lone": UnknownObject(tag="x", raw=[])}, ("$.lone",)),  # type: ignore[arg-type]
        ({"lone": UnknownObject(tag="x", raw={"a": object()})}, ("$.lone",)),
        ({"count": "1", "flag": 0}, ("$.count", "$.flag")),
    ],
)
def test_what_is_sent_is_checked_as_strictly(change, paths) -> None:
    """A field that holds what its annotation does not allow is never written."""
    with pytest.raises(Mismatch) as caught:
        PLAIN.unstructure(Tree(**{"text": "x", **change}))
    assert caught.value.paths == paths


@frozen(kw_only=True)
class Root:
    leaf: Leaf
    lone: UnknownObject


def test_a_field_of_one_class_takes_that_class_only() -> None:
    """Not even one that looks the same."""
    wrong: Any = Root(leaf=Twig(number=1), lone=Leaf(number=1))  # type: ignore[arg-type]
    with pytest.raises(Mismatch) as caught:
        PLAIN.unstructure(wrong)
    assert caught.value.faults == (
        (".leaf", "expected Leaf, got Twig"),
        (".lone", "expected UnknownObject, got Leaf"),
    )


def test_lists_and_views_are_taken_where_tuples_and_bytes_are_meant() -> None:
    """What a caller has at hand, as long as it means one thing only."""
    tree: Any = Tree(text="", names=["a"], audio=memoryview(b"ab"), share=1)  # type: ignore[arg-type]
    assert (PLAIN.unstructure(tree)) == {
        "type": "tree",
        "text": "",
        "names": ["a"],
        "audio": "YWI=",
        "share": 1,
    }


def test_camel_names_are_written_and_both_are_read() -> None:
    """proto3 JSON asks for that."""
    assert CAMEL.unstructure(Tree(text="", snake_case_name="a"))["snakeCaseName"] == "a"
    for name in ("snakeCaseName", "snake_case_name"):
        assert read({"text": "", name: "a"}, codec=CAMEL).snake_case_name == "a"
    assert camel_case("a_b2_cd") == "aB2Cd"


def test_the_url_safe_alphabet_is_read_in_camel_mode_only() -> None:
    """And never mixed with the other."""
    assert read({"text": "", "audio": "-_-_"}, codec=CAMEL).audio == b"\xfb\xff\xbf"
    assert faults_of({"text": "", "audio": "-_-_"}) == ((".audio", "not base64"),)
    ((path, fault),) = faults_of({"text": "", "audio": "-_+/"}, codec=CAMEL)
    assert (path, fault) == (".audio", "not base64: both alphabets in one string")
    assert faults_of({"text": "", "audio": 1}, codec=CAMEL)[0][0] == ".audio"


@frozen(kw_only=True, slots=False)
class Roomy(WireValue):
    """Without slots."""

    text: str
    flag: bool = False


def _even(_: Any, attribute: Any, value: int) -> None:
    if value % 2:
        raise ValueError(f"{attribute.name} is odd")


@frozen(kw_only=True)
class Made(WireValue):
    """Where attrs has more to do than to assign."""

    number: int = field(validator=_even)
    names: tuple[str, ...] = field(factory=tuple)
    text: str = field(default="", converter=str.strip)
    flag: bool = False


@frozen(kw_only=True)
class Checked(WireValue):
    """One that looks at itself."""

    number: int

    def __attrs_post_init__(self) -> None:
        if self.number < 0:
            raise TypeError("negative")


def test_a_class_without_slots_is_as_good() -> None:
    """Somebody's own event may be any attrs class."""
    value = {"text": "x", "flag": False, "new": 1}
    roomy = read(value, Roomy)
    assert roomy == Roomy(text="x")
    assert value == PLAIN.unstructure(roomy)
    assert value == PLAIN.unstructure(pickle.loads(pickle.dumps(roomy)))  # noqa: S301 - our own


def test_converters_validators_and_factories_are_called() -> None:
    """What they raise is a mismatch like any other."""
    made = read({"number": 2, "text": " a ", "flag": False}, Made)
    assert made == Made(number=2, text="a")
    assert PLAIN.unstructure(made) == {"number": 2, "names": [], "text": "a", "flag": False}
    assert read({"number": 2, "names": ["x"]}, Made).names == ("x",)
    assert faults_of({"number": 1}, Made) == (("", "number is odd"),)
    assert faults_of({"number": "1", "text": 1}, Made) == (
        (".number", "expected an integer, got a string"),
        (".text", "expected a string, got an integer"),
    )
    assert faults_of({"number": -1}, Checked) == (("", "negative"),)
    assert read({"number": 1}, Checked) == Checked(number=1)


def test_unknown_fields_are_counted_by_name() -> None:
    """As "owner.field", where the owner is a tag or a class, cut to a sane length."""
    drift: Counter[str] = Counter()
    value = {
        "text": "",
        "new": 1,
        "one": {"number": 1, "x": 1},
        "plains": {"a": {"name": "", "y": 1}},
    }
    for _ in range(2):
        PLAIN.structure(value, Tree, drift=drift)
    assert drift == {"tree.new": 2, "leaf.x": 2, "Plain.y": 2}
    PLAIN.structure({"text": "", "k" * 10_000: 1}, Tree, drift=drift)
    assert max(map(len, drift)) == len("tree.") + NAME_LIMIT


def test_the_drift_counter_is_bounded() -> None:
    """A peer that makes up names fills one counter in the end."""
    drift: Counter[str] = Counter()
    PLAIN.structure({"text": "", **{f"k{n}": n for n in range(3_000)}}, Tree, drift=drift)
    assert len(drift) == DRIFT_LIMIT + 1
    assert drift["other"] == 3_000 - DRIFT_LIMIT


def test_an_unknown_part_is_sent_as_it_came() -> None:
    """Nothing of it is lost."""
    raw = {"type": "bush", "deep": [{"x": None}]}
    tree = read({"text": "", "parts": [raw]})
    assert tree.parts == (UnknownObject(tag="bush", raw=raw),)
    assert PLAIN.unstructure(tree)["parts"] == [raw]


@BOTH
def test_a_class_may_hold_itself(codec: Codec) -> None:
    """Such a class is read and written like others, whichever hook is built first."""
    leaf = Nest(either=True)
    nest = Nest(inner=leaf, several=(leaf, Nest()), named={"a": leaf}, either=Nest(inner=leaf))
    said = codec.unstructure(nest)
    expected = {
        "inner": {"either": True},
        "several": [{"either": True}, {}],
        "named": {"a": {"either": True}},
        "either": {"inner": {"either": True}},
    }
    assert expected == said
    assert nest == read(said, Nest, codec)
    with pytest.raises(Mismatch) as caught:
        read({"inner": {"several": [{"inner": 5}]}}, Nest, codec)
    assert caught.value.paths == ("$.inner.several[0].inner",)
