"""A row becomes one fact or is refused with a reason: every kind of dirt that real data holds."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.test_fields import JSON
from trendwire.domain.posts import RECORD_FIELDS, Observation, key_of
from trendwire.errors import InvalidInput
from trendwire.sources.records import DAY, EARLIEST, MAX_TAGS, RecordParser

AT = 1_760_000_000
CREATED = 1_747_820_685
ID = str(CREATED << 32 | 5)


def parse(at: int = AT, **row: Any) -> Observation:
    return RecordParser(at, "test").parse({"id": ID} | row)


def said(at: int = AT, **row: Any) -> str:
    """The key of what a row says."""
    observation = parse(at, **row)
    return observation.row_key or key_of(msgspec.structs.asdict(observation))


def test_a_clean_row() -> None:
    fact = parse(
        create_time=CREATED, observed_at=CREATED + 60, view_count=5, hashtag_names=["a"], region_code="vn"
    )
    assert (fact.id, fact.create_time, fact.id_time) == (ID, CREATED, CREATED)
    assert (fact.observed_at, fact.view_count, fact.tags, fact.tag_ids) == (CREATED + 60, 5, ["a"], None)
    assert (fact.region, fact.ingested_at, fact.source) == ("VN", AT, "test")


@pytest.mark.parametrize("label", ["Share", "", "  ", None])
def test_blanks_and_labels_are_unknown_not_zero(label: str | None) -> None:
    assert parse(view_count=label, share_count=label).view_count is None


def test_music_ids_damaged_by_floats_are_opaque_keys() -> None:
    assert parse(music_id="7.506832745952218e+18").music_id == "7.506832745952218e+18"
    assert parse(music_id=7.506832745952218e18).music_id == "7.506832745952218e+18"


def test_a_sound_rounded_by_a_spreadsheet_is_dropped_and_counted_and_the_post_stays() -> None:
    parser = RecordParser(AT, "test")
    facts = [parser.parse({"id": ID, "music_id": id_}) for id_ in ("7.35e+18", 7.35e18, "7.35E+18", "123")]
    assert [fact.music_id for fact in facts] == [None, None, None, "123"]
    assert parser.counts.unread == {"music_id": 3}


@pytest.mark.parametrize(
    "id_", ["7.506832745952218e+18", "7.35E+18", "7,35E+18", 7.35e18, "7506832745952218112.0"]
)
def test_a_post_id_in_float_notation_is_refused(id_: object) -> None:
    with pytest.raises(InvalidInput, match="floating-point number, which has lost digits of the id"):
        parse(id=id_, create_time=CREATED)


def test_the_address_of_a_post_is_its_id_where_the_id_is_damaged() -> None:
    address = f"https://www.tiktok.com/@someone/video/{ID}"
    fact = parse(id="7.35E+18", url=address)
    assert (fact.id, fact.username) == (ID, "someone")
    assert parse(id=address).id == ID
    with pytest.raises(InvalidInput, match="id is an address, but not of a post"):
        parse(id="https://example.com/a")


def test_mentions_repeats_and_spellings_among_hashtags() -> None:
    assert parse(hashtag_names=["@someone", "A", "#a", "Ａ", "two words"]).tags == ["a"]


def test_hashtags_with_emoji_joiners_question_marks_and_seventy_letters() -> None:
    tags = ["love❤️", "👨‍👩‍👧", "why?", "x" * 70, "ام_سيف"]
    assert parse(hashtag_names=tags).tags == tags


def test_hashtag_ids_are_parallel_to_the_tags() -> None:
    rows = [
        {"hashtag_id": None, "hashtag_name": "a"},
        {"hashtag_id": 23428, "hashtag_name": "B"},
        {"hashtag_id": "0", "hashtag_name": "c"},
        {"hashtag_id": "7", "hashtag_name": "A"},
    ]
    fact = parse(hashtag_info_list=rows)
    assert (fact.tags, fact.tag_ids) == (["a", "b", "c"], ["7", "23428", None])
    assert parse(hashtag_info_list=rows[:1]).tag_ids is None
    assert parse(hashtag_names=["b", "z"], hashtag_info_list=rows).tag_ids == ["23428", None]


def test_the_caption_is_read_only_without_a_list() -> None:
    assert parse(video_description="so #a").tags == ["a"]
    assert parse(video_description="so #a", hashtag_names=[]).tags is None
    assert parse(video_description="so #a", hashtag_names="").tags == ["a"]
    assert parse(video_description="so #a", hashtag_info_list=None).tags == ["a"]


def test_creation_from_the_id_alone() -> None:
    fact = parse()
    assert (fact.create_time, fact.id_time) == (None, CREATED)


@pytest.mark.parametrize("stated", [0, 1, EARLIEST - 1, AT + DAY + 1, "soon", None, [], 10**30])
def test_an_impossible_creation_is_taken_from_the_id(stated: object) -> None:
    fact = parse(create_time=stated)
    assert (fact.create_time, fact.id_time) == (None, CREATED)


@pytest.mark.parametrize("stated", [EARLIEST, AT + DAY])
def test_the_first_and_the_last_valid_creation(stated: int) -> None:
    assert parse(create_time=stated).create_time == stated


def test_creation_may_be_a_day_after_the_observation_not_more() -> None:
    assert parse(observed_at=CREATED, create_time=CREATED + DAY).create_time == CREATED + DAY
    assert parse(observed_at=CREATED, create_time=CREATED + DAY + 1).create_time is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": None, "create_time": CREATED}, "id"),
        ({"id": "  ", "create_time": CREATED}, "id"),
        ({"id": 7.5e18, "create_time": CREATED}, "id"),
        ({"id": ["7"], "create_time": CREATED}, "id"),
        ({"id": True, "create_time": CREATED}, "id"),
        ({"id": "abc"}, "create_time is missing"),
        ({"id": "5", "create_time": 0}, "create_time is missing"),
        ({"id": "5", "create_time": 5}, "before 2014"),
        ({"id": "5", "create_time": AT * 2}, "is later than"),
        ({"hashtag_names": [f"t{n}" for n in range(MAX_TAGS + 1)]}, "hashtags"),
        ({"video_description": "x" * (1 << 20)}, "longer"),
    ],
)
def test_refused_with_a_reason(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse(**row)


@pytest.mark.parametrize("row", [None, 5, "x", [], [1]])
def test_a_row_that_is_no_object_is_refused(row: object) -> None:
    with pytest.raises(InvalidInput, match="the row is not an object"):
        RecordParser(AT, "test").parse(row)


def test_text_is_cleaned() -> None:
    fact = parse(nickname=" a\0b\ud800c ", hashtag_names=["x\0y"], music_title="😀", username=5)
    assert (fact.nickname, fact.tags, fact.music_title, fact.username) == ("ab�c", ["xy"], "😀", "5")
    assert parse(nickname="\ud83d\ude00").nickname == "😀"


def test_unknown_fields_are_counted() -> None:
    parser = RecordParser(AT, "test")
    for _ in range(2):
        parser.parse({"id": ID, "effect_ids": [1], "favorites_count": 3})
    assert parser.counts.unknown == {"effect_ids": 2}


def test_values_that_are_not_understood_are_counted() -> None:
    parser = RecordParser(AT, "test")
    for row in (
        {"hashtag_names": ["two words"], "video_duration": "soon", "view_count": "Share"},
        {"hashtag_names": ["a,b", "c"], "video_duration": "0:31", "view_count": ""},
        {"hashtag_names": ["@someone", "c"], "video_duration": None, "view_count": "  "},
        {"hashtag_names": "", "create_time": 0, "region_code": "XX"},
    ):
        parser.parse({"id": ID} | row)
    told = {"hashtag_names": 2, "video_duration": 1, "view_count": 1, "create_time": 1, "region_code": 1}
    assert parser.counts.unread == told


def test_an_alias_counts_where_the_field_is_absent() -> None:
    assert parse(favorites_count=3).favourites_count == 3
    assert parse(favorites_count=3, favourites_count=4).favourites_count == 4


def test_the_same_row_has_the_same_key_whatever_the_form() -> None:
    row: dict[str, Any] = {
        "create_time": CREATED,
        "view_count": 541_200,
        "hashtag_names": ["a"],
        "region_code": "VN",
    }
    same: dict[str, Any] = {
        "region_code": "vn ",
        "hashtag_names": "#A",
        "view_count": "541.2K",
        "create_time": float(CREATED),
    }
    assert said(**row) == said(at=AT + 5, **same)
    assert said(**row) != said(**(row | {"view_count": 541_201}))


def test_the_key_holds_the_creation_as_stated() -> None:
    late = AT + 2 * DAY
    assert said(create_time=late) == said(at=late, create_time=late) != said()


def test_a_key_is_kept_only_where_the_columns_do_not_tell_it() -> None:
    assert parse(create_time=AT + 2 * DAY).row_key is not None
    assert parse(create_time=CREATED).row_key is None
    assert parse().row_key is None


def test_the_order_of_fields_does_not_matter() -> None:
    row = {field.name: msgspec.json.decode(field.example) for field in RECORD_FIELDS}
    names = list(row)
    random.Random(1).shuffle(names)
    parser = RecordParser(AT, "test")
    assert parser.parse(row) == parser.parse({name: row[name] for name in names})


@given(
    row=st.dictionaries(st.sampled_from([field.name for field in RECORD_FIELDS]), JSON), whole=st.booleans()
)
def test_any_values_give_a_fact_or_a_reason(row: dict[str, Any], whole: bool) -> None:
    try:
        fact = RecordParser(AT, "test").parse({"id": ID} | row if whole else row)
    except InvalidInput:
        return
    encoded = msgspec.json.encode(fact)
    assert b"\\u0000" not in encoded
    assert msgspec.json.decode(encoded, type=Observation) == fact


@given(JSON)
def test_any_value_as_a_row(row: object) -> None:
    try:
        RecordParser(AT, "test").parse(row)
    except InvalidInput:
        return
