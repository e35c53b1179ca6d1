"""Keys, credits, limits and admission: who may ask, how often, and what it costs.

    books = Books.open(home, at, endpoints, log)
    await books.start()
    admission = await books.gate.admit(...)        what every request passes
    await books.desk.do(CreateKey(account="ada"), at)        what an operator does

gate.py and operations.py are the two contracts; time is always an argument. In one process over SQLite:
books. For several servers over Redis and PostgreSQL: cluster.
"""

from trendwire.accounts.books import Books
from trendwire.accounts.gate import Admission, Ask, Gate, Moment
from trendwire.accounts.operations import Accounts, Desk
from trendwire.accounts.requests import RequestLogStore

__all__ = ["Accounts", "Admission", "Ask", "Books", "Desk", "Gate", "Moment", "RequestLogStore"]
