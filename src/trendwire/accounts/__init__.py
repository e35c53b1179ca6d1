"""Keys, credits, limits and admission: who may ask, how often, and what it costs.

    with Store.open(home) as store:
        new = keys.create(store, name="ada", credits_=1000, qps=5, at=now)
        gate = Gate(store)

`keys`, `ledger` and `usage` are what an operator does; `Gate` is what every request passes. Time is always an
argument. Everything lives in two files of the home: accounts.sqlite and accounts.secret.
"""

from trendwire.accounts import keys, ledger, usage
from trendwire.accounts.admission import Admission, Gate, Moment
from trendwire.accounts.store import Store

__all__ = ["Admission", "Gate", "Moment", "Store", "keys", "ledger", "usage"]
