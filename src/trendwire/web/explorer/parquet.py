"""The process that writes a table as Parquet: `python -m trendwire.web.explorer.parquet FOLDER`.

In the folder: `columns.json` (name -> type), `rows.json` (one object a line); it leaves `rows.parquet`.
"""

import os
import sys
from pathlib import Path

import duckdb
import msgspec

_LEAST_URGENT = 19


def write(folder: Path) -> None:
    """Write the rows with the types that were asked for; no rows give a file with columns alone."""
    columns = msgspec.json.decode((folder / "columns.json").read_bytes(), type=dict[str, str])
    with duckdb.connect() as database:
        read = database.read_json(str(folder / "rows.json"), columns=columns, format="newline_delimited")
        read.write_parquet(str(folder / "rows.parquet"), compression="zstd")


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_LEAST_URGENT)  # calls of the API go first
    write(Path(sys.argv[1]))
