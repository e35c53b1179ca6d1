"""The watch sees what the other tests rely on it to see."""

import pytest
from playwright.sync_api import Browser

from tests.browser.strangers import drawn, essence, formulas, missing, strangers, told_texts
from tests.browser.watching import Tab, tab

PAGE = "http://127.0.0.1:9/"
HTML = {"content-type": "text/html; charset=utf-8"}
POLICY = {"content-security-policy": "default-src 'self'"}


def _shown(opened: Tab, body: str, **headers: str) -> None:
    def fulfil(route: object) -> None:
        route.fulfill(body=f"<!doctype html><title>x</title>{body}", headers=HTML | headers)  # type: ignore[attr-defined]

    opened.page.route(PAGE, fulfil)
    opened.goto(PAGE)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<script>pwned(1)</script>", "PWNED"),
        ("<img src=data:, onerror=pwned(1)>", "PWNED"),
        ("<script>alert(1)</script>", "1"),
        ("<script>throw new Error('oh')</script>", "oh"),
        ("<script>console.error('oh')</script>", "oh"),
    ],
)
def test_what_runs_is_heard(browser: Browser, body: str, told: str) -> None:
    with tab(browser) as opened:
        _shown(opened, body)
        assert any(told in one for one in opened.complaints)


@pytest.mark.parametrize(
    "body", ["<script>1</script>", "<p style='color:red'>", "<p onclick=x>", "<img src=data:,>"]
)
def test_what_the_policy_refuses_is_heard(browser: Browser, body: str) -> None:
    with tab(browser) as opened:
        _shown(opened, body, **POLICY)
        assert any("POLICY" in one for one in opened.complaints)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/x.png", "http://127.0.0.2/x.png", "https://example.org/x.png"]
)
def test_what_leaves_is_recorded_and_stopped(browser: Browser, address: str, guarded: bool) -> None:
    with tab(browser, guarded=guarded) as opened:
        _shown(opened, f"<img src={address}>")
        assert opened.abroad == [address]
        assert any("ERR_" in one for one in opened.complaints)


@pytest.mark.parametrize(
    "body",
    [
        "<iframe></iframe>",
        "<p pwned=1>",
        "<p onclick=x>",
        "<a href=javascript:1>x</a>",
        "<a href=//127.0.0.2/>x</a>",
        "<form action=http://127.0.0.2/></form>",
        "<svg><a xlink:href=javascript:1></a></svg>",
        "<svg><animate></svg>",
        "<script src=/elsewhere.js></script>",
        "<style>p{}</style>",
        "<base href=/>",
        "<x-pwned>",
    ],
)
def test_a_stranger_is_seen(browser: Browser, body: str) -> None:
    with tab(browser, java_script_enabled=True) as opened:
        _shown(opened, body)
        assert strangers(opened) != []


def test_a_plain_page_has_no_strangers_and_shows_its_texts(browser: Browser) -> None:
    with tab(browser) as opened:
        _shown(opened, "<main><a href='/x'><bdi>#&lt;b&gt;\u202e</bdi></a><svg><path d='M0 0'/></svg></main>")
        assert strangers(opened) == []
        assert missing(["<b>\u202e", "#<b>\u202e"], told_texts(opened)) == []
        assert missing(["b"], told_texts(opened)) == ["b"]
        opened.assert_quiet()


def test_a_page_that_is_too_wide_or_shuts_people_out_is_seen(browser: Browser) -> None:
    with tab(browser, viewport={"width": 360, "height": 500}) as opened:
        _shown(opened, "<main><input><table width=900><tr><td>x</table></main>")
        assert opened.beyond() != []
        assert any("label" in one for one in opened.barriers())


def test_formulas_are_found_and_numbers_are_none() -> None:
    assert formulas("name,views\r\n'=1,-1\r\nx,+2\r\n") == ["-1", "+2"]
    assert formulas("name,views\r\n'=1,-1\r\nx,2.5e-7\r\n") == []
    assert formulas('name\r\nx\r\n"\t=1"\r\n"@x"\r\n-1\r\n') == ["\t=1", "@x", "-1"]
    assert formulas("=name\r\nx\r\n") == ["=name"]


def test_a_drawing_holds_shapes_only() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
    assert drawn(svg.format("<text x='1'>a</text>")) == []
    assert drawn(svg.format("<script/><g onload='x'/><text style='x'/>")) != []


def test_what_cannot_be_shown_is_not_compared() -> None:
    assert essence("a\x00\u2028b \ud800c\ufffd\u202e") == "abc\u202e"
