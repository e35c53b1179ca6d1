"""Keys, credits, limits and admission: who may ask, how often, and what it costs.

    books = Books.open(home, at, endpoints, log)
    await books.start()
    admission = await books.gate.admit(...)        what every request passes
    await books.desk.do(CreateKey(account="ada"), at)        what an operator does

gate.py and operations.py are the two contracts; time is always an argument. In one process over SQLite:
books. For several servers over Redis and PostgreSQL: cluster.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trendwire.accounts import secret
from trendwire.accounts.books import Books
from trendwire.accounts.gate import Admission, Ask, Gate, Moment
from trendwire.accounts.operations import Accounts, Desk
from trendwire.accounts.requests import RequestLogStore
from trendwire.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Accounts",
    "Admission",
    "Ask",
    "Books",
    "Desk",
    "Gate",
    "Moment",
    "RequestLogStore",
    "cluster_of",
]


class Address(Protocol):
    """An address that may hold a password."""

    def get_secret_value(self) -> str:
        """The address itself."""


def cluster_of(
    home: Path, redis: Address, postgres: Address, endpoints: "Sequence[str]", log: RequestLogStore
) -> Accounts:
    """The accounts of several servers, sealed with the secret of `home`, which all of them must share.

    Raises InvalidInput that names what to install where the extras are not there.
    """
    try:
        from trendwire.accounts.cluster import Cluster
    except ImportError as error:
        raise InvalidInput(
            "redis_url", "needs the extras: pip install 'trendwire[redis,postgres]'"
        ) from error
    return Cluster(
        redis.get_secret_value(), postgres.get_secret_value(), secret.of_home(home), endpoints, log
    )
