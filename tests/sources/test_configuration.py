"""`trendwire.toml`: what it may say, what is said of what it may not, and that no secret is ever shown."""

from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.sources.made_up import CONNECTORS, MadeUpOptions
from trendwire.errors import InvalidInput
from trendwire.sources.configuration import FILE, Configuration, load, read
from trendwire.sources.registry import CONNECTORS as REGISTERED

SECRET = "s3cret-value-nobody-may-see"
SOURCE = '[sources.a]\nkind = "made-up"\ntoken = { env = "TOKEN" }\n'


def _read(text: str, folder: Path = Path("/nowhere")) -> Configuration:
    return read(text, CONNECTORS, folder)


def test_without_a_file_there_are_no_sources(tmp_path: Path) -> None:
    found = load(tmp_path, CONNECTORS)
    assert dict(found.sources) == {}
    assert found.publish.every.text == "1m"
    assert dict(found.publish.markets) == {"default": "auto"}


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '[sources.first]\nkind = "made-up"\nevery = "0 3 * * *"\naddress = "https://example.org/v2"\n'
        'allow_private = true\nproxies = true\nrequests_a_day = 5\nregions = ["VN"]\npages = 9\n'
        'token = { file = "token" }\n'
        '[sources.second-one]\nkind = "made-up-files"\n'
        '[publish]\nevery = "1h"\nmarkets = { default = "computed", VN = "recorded", ALL = "auto" }\n'
        "[retention]\nposts = 400\ncharts = 800\nquarantine = 30\nruns = 10\n"
    )
    found = load(tmp_path, CONNECTORS)
    assert list(found.sources) == ["first", "second-one"]
    first, second = found.sources.values()
    assert first.options == MadeUpOptions(regions=("VN",), pages=9)
    assert (first.address, first.quota.requests_a_day) == ("https://example.org/v2", 5)
    assert (first.limits.allow_private, first.limits.proxies) == (True, True)
    assert first.every is not None
    assert first.every.text == "0 3 * * *"
    assert (second.every, second.address, second.limits.allow_private) == (None, "", False)
    assert found.publish.markets["VN"] == "recorded"
    assert found.retention.posts == 400


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("sources = 3", "sources", "must be a table"),
        ("[source.a]", "source", "is not known; accepted are: sources, publish, retention"),
        ("[sources.a]", "sources.a.kind", "must be one of: made-up, made-up-files"),
        ('[sources.a]\nkind = "x"', "sources.a.kind", "must be one of: made-up, made-up-files"),
        ('[sources."A b"]\nkind = "made-up"', "sources.'A b'", "is no name"),
        ('[sources."-a"]\nkind = "made-up"', "sources.'-a'", "is no name"),
        (SOURCE + 'evry = "6h"', "sources.a.evry", "accepted are: kind, every, address"),
        (SOURCE + "every = 6", "sources.a.every", "must be text, not a whole number"),
        (SOURCE + 'every = "often"', "sources.a.every", 'must be a time such as "15m"'),
        (SOURCE + "allow_private = 1", "sources.a.allow_private", "must be true or false"),
        (SOURCE + "requests_a_day = 0", "sources.a.requests_a_day", "must be a whole number >= 1"),
        (SOURCE + 'pages = "3"', "sources.a.pages", "must be a whole number, not text"),
        (SOURCE + 'regions = ["VN", 3]', "sources.a.regions[1]", "must be text, not a whole number"),
        ('[sources.a]\nkind = "made-up"', "sources.a.token", 'must be { env = "NAME" } or { file'),
        ('[publish]\nevery = "1s"', "publish.every", 'must be a time such as "15m"'),
        ("[publish]\nnow = true", "publish.now", "accepted are: every, markets"),
        ('[publish]\nmarkets = { vn = "auto" }', "publish.markets.vn", "is no region"),
        ('[publish]\nmarkets = { VN = "mixed" }', "publish.markets", "is not accepted"),
        ("[retention]\nposts = 0", "retention.posts", "must be a whole number >= 1"),
        ("[retention]\nfacts = 9", "retention.facts", "accepted are: posts, charts, quarantine, runs"),
        ("sources = [", FILE, "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_accepted(text: str, name: str, words: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        _read(text)
    assert raised.value.public.startswith(name)
    assert words in raised.value.public


def test_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[x]")
    with pytest.raises(InvalidInput) as raised:
        load(tmp_path, CONNECTORS)
    assert raised.value.facts["path"] == str(tmp_path / FILE)


@pytest.mark.parametrize(
    "told",
    [f'"{SECRET}"', f'{{ value = "{SECRET}" }}', f'{{ env = "A", file = "{SECRET}" }}', "{ env = 3 }", "{}"],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(told: str) -> None:
    with pytest.raises(InvalidInput, match="never stands in the file") as raised:
        _read(f'[sources.a]\nkind = "made-up"\ntoken = {told}')
    assert SECRET not in f"{raised.value!r} {raised.value.facts}"


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    by_file = _read(SOURCE.replace('env = "TOKEN"', 'file = "token"'), tmp_path).source("a")
    by_variable = _read(SOURCE).source("a")
    for found in (by_file.read_secrets({}), by_variable.read_secrets({"TOKEN": f" {SECRET} "})):
        assert dict(found) == {"token": SECRET}
        assert SECRET not in f"{found!r} {found}"
        assert "token=***" in repr(found)
    assert SECRET not in repr(by_file)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ('env = "NONE"', "is needed: the variable NONE is not set"),
        ('env = "BLANK"', "is needed: the variable BLANK is not set"),
        ('file = "none"', "cannot be read: No such file"),
        ('file = "empty"', "is empty"),
        ('file = "binary"', "is no text"),
    ],
)
def test_a_secret_that_is_missing_says_where_it_should_be(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    source = _read(SOURCE.replace('env = "TOKEN"', place), tmp_path).source("a")
    with pytest.raises(InvalidInput, match=r"^sources\.a\.token is needed") as raised:
        source.read_secrets({"BLANK": " "})
    assert words in raised.value.public


def test_a_source_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InvalidInput, match=r"^b is no source; there are: a$"):
        _read(SOURCE).source("b")


def test_the_example_is_read() -> None:
    """Every registered connector stands in it, commented out or not."""
    text = (ROOT / "examples" / FILE).read_text()
    found = read(text, REGISTERED, ROOT)
    assert found.sources
    assert {kind for kind in REGISTERED if f'kind = "{kind}"' not in text} == set()
    uncommented = "\n".join(
        line.removeprefix("#") if line.startswith("#") and not line.startswith("# ") else line
        for line in text.splitlines()
    )
    assert {source.kind for source in read(uncommented, REGISTERED, ROOT).sources.values()} == set(REGISTERED)
