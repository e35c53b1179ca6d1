"""One value at a time: what fits is clean, all else is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.sources import fields
from trendwire.sources.fields import READERS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5), (5.9, 5), ("5", 5), (" 5 ", 5), ("123.0", 123), ("1,234", 1234), ("1,234,567", 1234567),
        ("541.2K", 541_200), ("1.4M", 1_400_000), ("1.4m", 1_400_000), ("2.5B", 2_500_000_000),
        ("1.4 million", 1_400_000), ("3 videos", 3), ("1.2M views", 1_200_000), ("0", 0), (0, 0),
        (10**12, 10**12), ("Share", None), ("", None), ("  ", None), ("-5", None), (-5, None),
        (None, None), (True, None),
        (float("nan"), None), (float("inf"), None), (10**12 + 1, None), ("9" * 30, None), ("1,23", None),
        ("1.2.3", None), ([1], None), ({"a": 1}, None), ("٣", None), ("1e5", None),
    ],
)  # fmt: skip
def test_count(value: object, number: int | None) -> None:
    assert fields.count(value) == number


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1748513700, 1748513700), (1748513700.9, 1748513700), ("1748513700", 1748513700),
        ("1748513700.5", 1748513700), (1748513700123, 1748513700), ("1748513700123", 1748513700),
        ("2025-05-29T10:15:00Z", 1748513700), ("2025-05-29T17:15:00+07:00", 1748513700),
        ("2025-05-29 10:15:00", 1748513700), ("2025-05-29T10:15:00.9", 1748513700),
        ("2025-05-29", 1748476800), (0, None), (-1, None), ("", None), ("yesterday", None),
        ("2025/5/29 10:15", 1748513700), ("2025-05-29 10:15:00 UTC", 1748513700), ("20250529", 1748476800),
        ("2025-05-29 9:15", 1748510100), ("29/05/2025", None), (True, None), ([], None), ({}, None),
        (None, None), (float("nan"), None), (10**30, None), ("0001-01-01T00:00:00+14:00", None),
    ],
)  # fmt: skip
def test_time(value: object, moment: int | None) -> None:
    assert fields.time(value) == moment


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (["a", "#B", " c "], ["a", "b", "c"]),
        ([{"hashtag_id": 1, "hashtag_name": "a"}, {"hashtag_id": None, "hashtag_name": "b"}], ["a", "b"]),
        ("a|#b", ["a", "b"]), ("a,#b,#c", ["a", "b", "c"]), ("#a #b", ["a", "b"]), ("#a#b", ["a", "b"]),
        ("a; b ;c", ["a", "b", "c"]), ("a，#b", ["a", "b"]), ("['a', 'b']", ["a", "b"]),
        ("[{'id': '1', 'name': 'a'}]", ["a"]), (["a,b", "c#d", "#e"], ["e"]), (["a，b", "c＃d"], []),
        ([{"name": "a", "title": "A tag"}, {"cha_name": "b", "cid": "7"}, {"title": "c"}], ["a", "b", "c"]),
        ('["a","b"]', ["a", "b"]), ("[broken", []), ("a", ["a"]),
        (["@someone", "", "two words", None, 7, [], {}], ["7"]),
        ([], []), ({"a": 1}, []), (5, []), ("", None), (None, None),
    ],
)  # fmt: skip
def test_tags(value: object, names: list[str] | None) -> None:
    found = fields.tags(value)
    assert (None if found is None else [name for name, _ in found]) == names


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        (7506832682593094928, "7506832682593094928"), (" 7506832682593094928 ", "7506832682593094928"),
        ("https://www.tiktok.com/@a/video/7506832682593094928?lang=en", "7506832682593094928"),
        ("www.tiktok.com/@a/photo/7506832682593094928", "7506832682593094928"),
        ("https://m.tiktok.com/v/7506832682593094928.html", "7506832682593094928"),
        ("https://vm.tiktok.com/ZM2xyz/", None), ("https://www.tiktok.com/@a", None),
        ("https://v16.tiktokcdn.com/video/tos/useast2a/x.mp4", None),
        ("7.35e+18", None), ("7.35E+18", None), ("7,35E+18", None), ("7506832682593094928.0", None),
        (7.35e18, None), ("", None), (None, None), (True, None), ("abc", "abc"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_post_id(value: object, id_: str | None) -> None:
    assert fields.post_id(value) == id_


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("7506832745952218123", "7506832745952218123"), (7506832745952218123, "7506832745952218123"),
        ("7.506832745952218e+18", "7.506832745952218e+18"), (7.506832745952218e18, "7.506832745952218e+18"),
        ("7.35E+18", None), ("7.35e+18", None), ("7E+18", None), ("7,35E+18", None), (7.35e18, None),
        ("some e+18", "some e+18"), ("", None),
    ],
)  # fmt: skip
def test_key(value: object, kept: str | None) -> None:
    assert fields.key(value) == kept


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (31, 31), (31.9, 31), ("31", 31), ("0:31", 31), ("00:31", 31), ("1:05", 65), ("1:02:03", 3723),
        ("00:00:31", 31), ("PT31S", 31), ("PT1M5S", 65), ("PT1H", 3600), ("PT15.5S", 15), ("31s", 31),
        ("1m 5s", 65), ("2 min", 120), ("31 seconds", 31), ("0:99", None), ("PT", None), ("P1D", None),
        ("", None), ("short", None), (None, None), (True, None), ("-5", None),
    ],
)  # fmt: skip
def test_duration(value: object, seconds: int | None) -> None:
    assert fields.duration(value) == seconds


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        (["a", "@someone", ""], True), ([{"hashtag_name": ""}, {"hashtag_name": "a"}], True), ("a,b", True),
        (["a,b"], False), (["two words"], False), ("[broken", False), ("[]", True), ({"a": 1}, False),
        (5, False),
    ],
)  # fmt: skip
def test_whether_all_of_a_list_is_hashtags(value: object, whole: bool) -> None:
    assert fields.all_tags(value, fields.tags(value) or []) is whole


@pytest.mark.parametrize(
    ("caption", "names"),
    [
        ("What a day #30thang4 #Việt", ["30thang4", "việt"]),
        ("#a, #b. (#c)", ["a", "b", "c"]),
        ("no abc#def", []),
        ("＃full ﹟small", ["full", "small"]),
        ("#love❤️ #👨‍👩‍👧 #a_b-c+d", ["love❤️", "👨‍👩‍👧", "a_b-c+d"]),
        ("# #! ##", []),
        ("#हिन्दी #ام_سيف #教程", ["हिन्दी", "ام_سيف", "教程"]),
        ("", []),
    ],
)
def test_tags_in_a_caption(caption: str, names: list[str]) -> None:
    assert [name for name, _ in fields.tags_in(caption)] == names


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"b": 1, "a": 2.5}, {"a": 2.5, "b": 1.0}),
        ('{"a": 1}', {"a": 1.0}),
        ({" a": 1, "a ": 2}, {"a": 3.0}),
        ({"a": 0, "b": -1, "c": float("inf"), "d": float("nan"), "e": True}, None),
        ({"f": "1", "": 1, "g": 10**400}, None),
        ({}, None), ([], None), ("x", None), (5, None), (None, None),
    ],
)  # fmt: skip
def test_weights(value: object, kept: dict[str, float] | None) -> None:
    assert fields.weights(value) == kept


def test_weights_of_countries() -> None:
    assert fields.country_weights({"us": 1, "US": 2, "XX": 5, "vn": 1}) == {"US": 3.0, "VN": 1.0}


@pytest.mark.parametrize(
    ("value", "region"), [("VN", "VN"), (" vn", "VN"), ("XX", None), ("", None), (84, None), (None, None)]
)
def test_region(value: object, region: str | None) -> None:
    assert fields.region(value) == region


@pytest.mark.parametrize(
    ("value", "industry"),
    [
        (23000000000, 23000000000),
        ("23000000000", 23000000000),
        (23000000000.0, 23000000000),
        (1, None),
        ("x", None),
    ],
)
def test_industry(value: object, industry: int | None) -> None:
    assert fields.industry(value) == industry


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        (0, False),
        ("TRUE", True),
        ("0", False),
        (1.0, True),
        (2, None),
        ("Yes", True),
        ("no", False),
        ("maybe", None),
        ([], None),
    ],
)
def test_flag(value: object, flag: bool | None) -> None:
    assert fields.flag(value) is flag


@pytest.mark.parametrize("text", ["NaN", '"\\ud800"', '{"a": Infinity}', '"\\u0000"'])
def test_lenient_json(text: str) -> None:
    fields.decode_json(text)


@pytest.mark.parametrize("text", [b'{"a":', b"\xff", b"", b"[" * 100_000, b"1" * 5000, b'{"a":1}}'])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        fields.decode_json(text)


@given(value=JSON)
def test_no_reader_ever_raises(value: object) -> None:
    for read in READERS.values():
        read(value)
