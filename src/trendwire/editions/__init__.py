"""The box of editions: all charts and details of one as_of, numbered, immutable.

An edition is one file. Where it does not hold all details, it names the state of the engine that tells them.

publish.py   write an edition, check it, make it current; prune old ones
whole.py     answers from a file of documents
details.py   details that the file of an edition does not hold: of the state that it names
removal.py   which editions name somebody who must be forgotten
read.py      answer from one edition, current or pinned
catalog.py   the records of all editions published, and the pointer to the current one
hold.py      an older edition is made current, and stays so until it is released
sample/      a small edition of a made-up world, which answers test keys (made by `make sample`)
markets.py   which source the charts of a region come from
recorded.py  charts and details of regions whose charts a source ranked (recorded_rows.py, told.py)
joined.py    computed and recorded content as one
document.py  one edition's SQLite file: its tables, its content hash, how documents are packed
"""

from trendwire.editions.catalog import Listed, Record
from trendwire.editions.details import DetailSource
from trendwire.editions.read import Edition, Editions, sample_editions, sample_folder

__all__ = ["DetailSource", "Edition", "Editions", "Listed", "Record", "sample_editions", "sample_folder"]
