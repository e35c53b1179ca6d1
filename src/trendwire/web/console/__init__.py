"""The console: accounts, keys, credits, usage, requests, ingests and editions, for people who sign in.

routes.py    which page is where, and `console_routes`
doors.py     who comes in: sign-in, sessions, and where forms must come from
visit.py     one request of somebody signed in; fields.py: what they filled in
the others   the pages, by what they are about

Everything is done by the operations of the admin API; the console has no rights of its own.
"""

from trendwire.web.console.doors import Doors
from trendwire.web.console.routes import console_routes
from trendwire.web.console.visit import Console

__all__ = ["Console", "Doors", "console_routes"]
