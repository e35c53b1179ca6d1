"""The box of editions: all charts and details of one as_of, written whole, numbered, immutable.

publish.py   write an edition, check it, make it current; prune old ones
removal.py   which editions name somebody who must be forgotten
read.py      answer from one edition, current or pinned
catalog.py   the records of all editions published, and the pointer to the current one
sample/      a small edition of a made-up world, which answers test keys (made by `make sample`)
markets.py   which source the charts of a region come from
recorded.py  charts and details of regions whose charts a source ranked (recorded_rows.py, told.py)
joined.py    computed and recorded content as one
document.py  one edition's SQLite file: its tables, its content hash, how documents are packed
"""

from trendwire.editions.catalog import Record
from trendwire.editions.read import Edition, Editions, sample_editions, sample_folder

__all__ = ["Edition", "Editions", "Record", "sample_editions", "sample_folder"]
