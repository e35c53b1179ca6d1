"""Renders `docs/reference/file-shapes.md` from `shapes.toml`, which the reader runs on."""

from collections.abc import Iterable, Iterator

from trendwire.sources.reading.table import Alias, Shape, table

EXAMPLES = {
    "research-api": "research-api.json",
    "tiktok-web": "tiktok-web.json",
    "tiktok-app": "aweme-list.json",
    "yt-dlp": "yt-dlp.json",
    "apify-clockworks": "apify-clockworks.json",
    "apify-apidojo": "apify-apidojo.json",
    "4cat": "4cat.csv",
    "pyktok-csv": "pyktok.csv",
    "bright-data": "bright-data.json",
}

_INTRODUCTION = """\
# Shapes of files

Files of [the post record](post-record.md) are read as they are. What the tools below write is recognised by
the names in a row, and read into it; everything else is read by the names of its columns, or as `--map` says
([tutorial](../tutorial/bring-your-own-file.md)). A field of the record that a table does not list is read
under its own name; of several paths the first with a value that can be read counts.
`trendwire ingest --check FILE` tells what a file is read as."""

_DOCUMENTS = """\
## Documents that hold posts

A document of JSON may wrap posts in lists and objects, several deep, over several lines or one document a
line. A post that does not say when it was seen takes the time at which the document says that it was made."""

_COLUMNS = """\
## Columns of tables

For CSV, Excel, Parquet and JSON whose rows have none of these shapes. Names are compared in lower case,
letters and digits only: `Play Count`, `playCount` and `play_count` are one. `a + b` is a day and a time in
two columns. The address of a post gives its id, and its creator where no column does. A name with a comma or
an inner `#` is no hashtag."""


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    parts += [_shape(shape) for shape in table().shapes]
    parts += [_DOCUMENTS, _table(("document", "posts", "shape", "notes"), _documents()), _paths()]
    parts += [_COLUMNS, _table(("field", "columns, beside its own name"), _columns())]
    return "\n\n".join(parts)


def _shape(shape: Shape) -> str:
    signs = ", or ".join(" and ".join(f"`{name}`" for name in sorted(group)) for group in shape.signs)
    rows = ((f"`{field}`", ", ".join(map(_alias, aliases))) for field, aliases in shape.fields.items())
    example = EXAMPLES[shape.name]
    return (
        f"## {shape.title}\n\n{shape.about} Reported as `{shape.name}`; recognised by {signs}."
        f" [Where it comes from]({shape.source}), [an example](../../examples/shapes/{example}).\n\n"
        + _table(("field", "where it stands"), rows)
    )


def _alias(alias: Alias | str) -> str:
    if isinstance(alias, str):
        return f"`{alias}`"
    return f"`{alias.path}` (milliseconds)" if alias.unit else f"`{alias.path}`"


def _documents() -> Iterator[tuple[str, ...]]:
    for document in table().documents:
        title = f"[{document.title}]({document.source})"
        yield title, f"`{document.path}`", f"`{document.shape}`", document.about


def _paths() -> str:
    wrappers = table().wrappers
    lists, holders = (
        ", ".join(f"`{name}`" for name in names) for names in (wrappers.lists, wrappers.holders)
    )
    seen = ", ".join(f"`{path}`" for path in wrappers.observed_at)
    return f"Looked into: {lists}; where an object is no post itself, {holders}. When it was made: {seen}."


def _columns() -> Iterator[tuple[str, ...]]:
    for field, names in table().columns.items():
        yield f"`{field}`", ", ".join(f"`{name.replace('+', ' + ')}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ("---",) * len(head), *rows))
