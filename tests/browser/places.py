"""Every page that people see, and where it is; what is in the paths is taken from the edition."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from trendwire.domain.charts import WORLD, ChartKey, Entry, HashtagEntry, Kind, SoundEntry
from trendwire.editions import Edition, Editions
from trendwire.facts.quarantine import Quarantined

PERIOD = 30


@dataclass(frozen=True, slots=True)
class Place:
    """A page. `form`: a CSS selector of a form that works without scripts, None where there is none.

    `path`: may hold {region}, {tag}, {other} (a second tag), {sound} and {quarantine}; see `Words`.
    `inside`: for who is signed in to the console.
    """

    name: str
    path: str
    form: str | None = None
    inside: bool = False
    status: int = 200


_VIEW = "region={region}&period=30"

EXPLORER = (
    Place("explorer", "/", "main form"),
    Place("hashtags", f"/hashtags?{_VIEW}", "main form"),
    Place("sounds", f"/sounds?{_VIEW}", "main form"),
    Place("creators", f"/creators?{_VIEW}", "main form"),
    Place("videos", f"/videos?{_VIEW}", "main form"),
    Place("hashtag", f"/hashtag?name={{tag}}&{_VIEW}", "main form"),
    Place("sound", f"/sound?name={{sound}}&{_VIEW}", "main form"),
    Place("compare", f"/compare/hashtags?name={{tag}}&name={{other}}&{_VIEW}", "main form"),
    Place("search", "/search?q=a", "main form"),
    Place("hashtag-nowhere", "/hashtag?name=nobody.wrote.this", status=404),
)
DOCS = (
    Place("docs", "/docs", "main form"),
    Place("docs-search", "/docs/search?q=period", "main form"),
    Place("docs-endpoint", "/docs/endpoints/keyapi_trending_hashtags", "main form"),
    Place("docs-guide", "/docs/guides/reference/post-record", "main form"),
    Place("docs-nowhere", "/docs/nowhere", "main form", status=404),
)
TOOLS = (
    Place("playground", "/playground", "main form"),
    Place("reference", "/reference"),
)
CONSOLE = (
    Place("sign-in", "/console/sign-in", "main form"),
    Place("console", "/console", inside=True),
    Place("accounts", "/console/accounts", "main form", inside=True),
    Place("account", "/console/accounts/1", "main form", inside=True),
    Place("keys", "/console/keys", inside=True),
    Place("key-new", "/console/keys/new", "main form", inside=True),
    Place("key", "/console/keys/1", "main form", inside=True),
    Place("key-rotate", "/console/keys/1/rotate", "main form", inside=True),
    Place("key-revoke", "/console/keys/1/revoke", "main form", inside=True),
    Place("ledger", "/console/ledger", "main form", inside=True),
    Place("usage", "/console/usage", "main form", inside=True),
    Place("requests", "/console/requests", "main form", inside=True),
    Place("sources", "/console/sources", "main table form", inside=True),
    Place("sources-one", "/console/sources/upstream", "main form", inside=True),
    Place("ingests", "/console/ingests", inside=True),
    Place("quarantine", "/console/quarantine/{quarantine}", inside=True),
    Place("editions", "/console/editions", inside=True),
    Place("changes", f"/console/editions/changes?{_VIEW}", "main form", inside=True),
)

PLACES = (*EXPLORER, *DOCS, *TOOLS, *CONSOLE)

WIDTHS = (360, 768, 1440)
HEIGHT = 900


@dataclass(frozen=True, slots=True)
class Words:
    """What a home serves: its edition, a region with charts, and subjects listed there."""

    home: Path
    edition: Edition
    region: str

    @classmethod
    def of(cls, home: Path) -> "Words":
        """The region is that with the longest chart of hashtags."""
        edition = Editions(home).current()
        return cls(home, edition, max(edition.regions, key=lambda region: len(_tags(edition, region))))

    @property
    def tags(self) -> list[str]:
        return [one.name for one in _tags(self.edition, self.region) if isinstance(one, HashtagEntry)]

    @property
    def sounds(self) -> list[str]:
        found = self.edition.chart(ChartKey(Kind.SOUND, PERIOD, WORLD)) or ()
        return [one.clip_id for one in found if isinstance(one, SoundEntry)]

    def filled(self, path: str) -> str:
        """A path with everything filled in."""
        if "{" not in path:
            return path
        return path.format(
            region=self.region,
            tag=quote(self.tags[0], safe=""),
            other=quote(self.tags[1], safe=""),
            sound=quote(self.sounds[0], safe=""),
            quarantine=next(iter(Quarantined(self.home).names()), "none"),
        )


def _tags(edition: Edition, region: str) -> tuple[Entry, ...]:
    return edition.chart(ChartKey(Kind.HASHTAG, PERIOD, region)) or ()
