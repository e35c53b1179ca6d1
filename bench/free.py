"""`trendwire serve` where every endpoint is free: the same without charging.

python -m bench.free --home HOME serve --port PORT
"""

from dataclasses import replace

from trendwire.dialects import catalog, crawlora, keyapi


def make_free() -> None:
    """Let every endpoint cost nothing, before anything looks at the costs."""
    for rows in (keyapi, crawlora, catalog):
        rows.ENDPOINTS = tuple(replace(one, credits=0) for one in rows.ENDPOINTS)  # type: ignore[attr-defined]
    catalog._WHOLE, catalog._OPEN_ENDED = catalog._pathed()


if __name__ == "__main__":
    make_free()
    from trendwire.cli import main

    main()
