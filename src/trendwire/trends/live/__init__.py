"""The engine that follows the facts: one DuckDB file that holds what is counted of them for one day.

A full build reads all facts and throws its tables away. A live state keeps them, and of a batch it counts
only what the batch touches, with the same statements over less: a schema of its own holds tables that hide
those of the state (`search_path` decides what a name means). So what a state says is what a full build says,
to the byte. How much less, by what is counted:

    posts.py      a post is resolved anew from all of its rows, whenever a new part tells of it; posts created
                  after the day wait in `later`
    counts.py     sums over posts: minus what the touched posts counted for before, plus what they do now
    crowds.py     distinct creators do not add up over posts, but they do over creators: minus those of
    reach.py      changed posts as they were, plus as they are, each from all of its posts under the
                  subject. A subject that is wanted only now is counted whole, as is a scope whose cut moved
    subjects.py   what a hashtag or sound is: told anew of those of touched posts
    past.py       memberships of earlier editions: read once
    origins.py    where rows come from: added up part by part
    charts.py     scores, ranks and documents: made anew, from the few subjects that can be in a chart
    news.py       what changed since an edition was told: records of posts, subjects, documents
    taken.py      which parts of the facts are new, and when nothing that is kept can be trusted
    engine.py     one transaction around it all

When the day rolls, windows shift by a day: only posts of the days at their ends count for another window, and
they count as changed; sums over windows are counted anew. Nothing is resolved again.

Every change is one transaction: after a crash the state is what it was, or what it should be. It can always
be deleted, because it can be made anew from the facts; that is also what happens where rows of the facts
went, where the file is damaged or of another version, and for an earlier day.
"""

from trendwire.trends.live.engine import DAMAGED, Change, Facts, Live, discard, opened
from trendwire.trends.live.news import News

__all__ = ["DAMAGED", "Change", "Facts", "Live", "News", "discard", "opened"]
