"""What somebody who has never been here gets done at once: a table of what rose, a first answer."""

import csv
import time
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.site import Site
from tests.browser.watching import Open
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind, Move
from trendwire.domain.taxonomy import countries

MOST_CLICKS = 5
MOST_SECONDS = 60


@dataclass(slots=True)
class Hand:
    """Counts clicks as a person makes them: choosing from a list is two, to open it and to pick."""

    clicks: int = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def choose(self, target: Locator, label: str) -> None:
        self.clicks += 2
        target.select_option(label=label)


def test_five_clicks_lead_to_a_table_of_what_rose_in_a_region(site: Site, open_tab: Open) -> None:
    opened, hand = open_tab(accept_downloads=True), Hand()
    page = opened.page
    opened.goto(f"{site.url}/")
    with page.expect_navigation():
        hand.choose(page.get_by_label("Region"), countries()[site.words.region].name)
    with page.expect_navigation():
        hand.choose(page.get_by_label("Show"), "Rising: up or new")
    with page.expect_download() as download:
        hand.click(page.get_by_role("link", name="CSV"))
    with download.value.path().open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert hand.clicks <= MOST_CLICKS
    charted = site.words.edition.chart(ChartKey(Kind.HASHTAG, 7, site.words.region)) or ()
    rose = [one for one in charted if isinstance(one, HashtagEntry) and one.move in (Move.UP, Move.NEW)]
    assert rose
    told = [(int(row["rank"]), row["hashtag"], int(row["posts"]), int(row["views"])) for row in rows]
    assert told == [(one.rank, one.name, one.posts, one.views) for one in rose]


def test_a_minute_leads_to_a_first_answer(site: Site, open_tab: Open) -> None:
    opened = open_tab()
    page, begun = opened.page, time.monotonic()
    opened.goto(f"{site.url}/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Playground").click()
    page.get_by_label("API key").click()
    page.keyboard.insert_text(site.key)
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.get_by_role("region", name="Response", exact=True)
    expect(answer.get_by_text("200 OK")).to_be_visible()
    assert time.monotonic() - begun < MOST_SECONDS
    expect(answer.get_by_text("Credits charged")).to_be_visible()
