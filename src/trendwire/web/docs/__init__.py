"""The docs: a page per endpoint made from the catalog, the guides, a search over both, the API reference.

Read `site` first: it holds the addresses. `endpoints` and `replies` gather what is told of an endpoint,
`guides` and `marked` turn Markdown files into pages, `texts` writes the same for programs, `search` finds it.
"""

from trendwire.web.docs.site import docs_routes

__all__ = ["docs_routes"]
