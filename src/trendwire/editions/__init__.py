"""The box of editions: all charts and details of one as_of, written whole, numbered, immutable.

publish.py   write an edition, check it, make it current; prune old ones
read.py      answer from one edition, current or pinned
catalog.py   the records of all editions published, and the pointer to the current one
sample/      a small edition of a made-up world, which answers test keys (made by `make sample`)
document.py  one edition's SQLite file: its tables, its content hash, how documents are packed
"""

from trendwire.editions.catalog import Record
from trendwire.editions.read import Edition, Editions, sample_editions, sample_folder

__all__ = ["Edition", "Editions", "Record", "sample_editions", "sample_folder"]
