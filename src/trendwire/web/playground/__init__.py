"""The playground: a page where a call is put together, priced and sent.

Read `site` first: it holds the addresses and what the page shows without a script. `document` is what the
script knows of the catalog.
"""

from trendwire.web.playground.site import playground_routes

__all__ = ["playground_routes"]
