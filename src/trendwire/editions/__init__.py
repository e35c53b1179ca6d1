"""The box of editions: all charts and details of one as_of, written whole, numbered, immutable.

publish.py   write an edition, check it, make it current; prune old ones
read.py      answer from one edition, current or pinned
catalog.py   the records of all editions published, and the pointer to the current one
document.py  one edition's SQLite file: its tables, its content hash, how documents are packed
"""

from trendwire.editions.catalog import Record
from trendwire.editions.read import Edition, Editions

__all__ = ["Edition", "Editions", "Record"]
