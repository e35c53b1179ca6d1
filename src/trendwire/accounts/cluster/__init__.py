"""Accounts of several servers: Redis decides each request, PostgreSQL is the truth. See
`operations.Accounts`.

gate.py     admission in one script of Redis; a debit is a row of a stream when it is settled
desk.py     what an operator does: PostgreSQL first, then what Redis needs of it
drain.py    debits from the stream into the ledger, each once; holds of dead servers given back; refills
scripts.py  calls of scripts, all of a turn of the event loop in one write
truth.py    PostgreSQL: one connection, its statements, its troubles in our words
"""

from trendwire.accounts.cluster.accounts import Cluster

__all__ = ["Cluster"]
