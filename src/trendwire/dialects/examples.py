"""Made-up answers: the examples in the documents. No real subject, post or person is in them."""

from datetime import date

from trendwire.domain.charts import (
    ChartKey,
    CreatorEntry,
    CreatorPost,
    Face,
    HashtagEntry,
    Kind,
    Move,
    PostLink,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.details import (
    Detail,
    HashtagFacts,
    PeriodDetail,
    RegionDetail,
    Related,
    SoundFacts,
)
from trendwire.domain.periods import epoch_day
from trendwire.domain.queries import (
    ChartPage,
    ChartQuery,
    DetailAnswer,
    DetailQuery,
    VocabularyAnswer,
)

AS_OF = date(2026, 3, 14)
EDITION = 12
HASHTAG = "lanternnight"
CLIP_ID = "7318840021953870081"

_HASHTAG_ID = "7215340988133445637"
_POST_ID = "7482913300527418642"
_COVER = "https://cdn.example/c1.jpeg"
_ENTERTAINMENT = 23000000000
_VIEWS = (402_118, 511_904, 873_560, 1_210_077, 1_694_310, 2_231_975, 2_196_400)
_POSTS = (21, 30, 44, 61, 80, 96, 80)
_DAYS = tuple(epoch_day(AS_OF) - 6 + n for n in range(7))


def hashtag_page() -> ChartPage:
    """One row that moved up by three."""
    entry = HashtagEntry(
        name=HASHTAG,
        hashtag_id=_HASHTAG_ID,
        industry=_ENTERTAINMENT,
        promoted=False,
        curve=_VIEWS,
        creators=(Face("mai.linh", "Mai Linh", "https://cdn.example/a1.jpeg"),),
        posts=sum(_POSTS),
        views=sum(_VIEWS),
        rank=1,
        move=Move.UP,
        steps=3,
        first_time=False,
        heat=412.5,
    )
    return _page(ChartKey(Kind.HASHTAG, 7, "US"), entry)


def sound_page() -> ChartPage:
    """One row that kept its place."""
    entry = SoundEntry(
        clip_id=CLIP_ID,
        song_id="7318840021953870080",
        title="Paper Boats",
        author="Minh An",
        cover_url="https://cdn.example/s1.jpeg",
        music_url=None,
        duration=60,
        commercial=True,
        promoted=False,
        curve=_VIEWS[-3:],
        top_posts=(PostLink(_POST_ID, _COVER),),
        days_listed=4,
        posts=sum(_POSTS),
        views=sum(_VIEWS),
        rank=1,
        move=Move.SAME,
        steps=0,
        first_time=False,
        heat=398.25,
    )
    return _page(ChartKey(Kind.SOUND, 7, "US"), entry)


def video_page() -> ChartPage:
    entry = VideoEntry(
        id=_POST_ID,
        username="mai.linh",
        title="Lanterns over the lake",
        cover_url=_COVER,
        duration=31,
        region="US",
        created=1_773_300_000,
        views=811_204,
        rank=1,
    )
    return _page(ChartKey(Kind.VIDEO, 7, "US"), entry)


def creator_page() -> ChartPage:
    post = CreatorPost(id=_POST_ID, cover_url=_COVER, views=811_204, likes=90_412, created=1_773_300_000)
    entry = CreatorEntry(
        username="mai.linh",
        nickname="Mai Linh",
        avatar_url="https://cdn.example/a1.jpeg",
        region="US",
        posts=5,
        views=2_042_118,
        rank=1,
        top_posts=(post,),
    )
    return _page(ChartKey(Kind.CREATOR, 7, "US"), entry)


def hashtag_detail() -> DetailAnswer:
    facts = HashtagFacts(name=HASHTAG, hashtag_id=_HASHTAG_ID, industry=_ENTERTAINMENT)
    return _answer(facts, Kind.HASHTAG, HASHTAG)


def sound_detail() -> DetailAnswer:
    facts = SoundFacts(
        clip_id=CLIP_ID,
        song_id="7318840021953870080",
        title="Paper Boats",
        author="Minh An",
        cover_url="https://cdn.example/s1.jpeg",
        music_url="https://cdn.example/s1.mp3",
        duration=60,
        commercial=True,
        industry=_ENTERTAINMENT,
    )
    return _answer(facts, Kind.SOUND, CLIP_ID)


def vocabulary() -> VocabularyAnswer:
    return VocabularyAnswer(edition=EDITION, as_of=AS_OF, regions=("US", "VN"))


def _page(key: ChartKey, entry: HashtagEntry | SoundEntry | VideoEntry | CreatorEntry) -> ChartPage:
    return ChartPage(
        edition=EDITION, as_of=AS_OF, query=ChartQuery(key=key, limit=1), entries=(entry,), total=100
    )


def _answer(facts: HashtagFacts | SoundFacts, kind: Kind, subject: str) -> DetailAnswer:
    over = PeriodDetail(
        creators=188,
        ages=((3, 61), (4, 27), (5, 12)),
        interests=(("10015", 164), ("10094", 121)),
        countries=(("VN", 310), ("US", 94)),
        related=(Related("paperlantern", "7215340988133445638"),),
        top_ids=(_POST_ID,),
    )
    region = RegionDetail(
        days=_DAYS,
        views=_VIEWS,
        posts=_POSTS,
        first_day=_DAYS[0],
        popular_days=4,
        periods={7: over},
        covers={_POST_ID: _COVER},
    )
    return DetailAnswer(
        edition=EDITION,
        as_of=AS_OF,
        query=DetailQuery(kind=kind, subject=subject, period=7, region="US"),
        detail=Detail(facts=facts, posts_all=2_480, views_all=61_022_871, regions={"US": region}),
    )
