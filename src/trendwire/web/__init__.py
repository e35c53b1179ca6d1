"""The read side: one handler for all endpoints of all dialects, the pages beside them, the server under them.

api.py         admit, look up or render, settle: read this first
answers.py     from a canonical query to a canonical answer, out of one edition
shelf.py       answers of the current edition, kept ready; variants.py their compressed forms
exchange.py    a request, a reply; fields.py the header fields of replies
lane.py        the fast lane: requests whose every byte was accepted before
asgi.py        the slow lane: requests that were parsed
connection.py  one connection, its deadlines and limits; watch.py what all of a server share
addresses.py   who is calling, past trusted proxies
admin.py       the admin API, one row for each operation of the desk
bearer.py      the key of the two APIs that have one of their own: ingest.py (pushed posts) and admin.py
pages.py       health, readiness, OpenAPI documents, the first page
app.py         all of it put together over one data folder
server.py      the process on its sockets, from its start to its last answer
metrics.py     what is counted; logs.py what is written down, without any key
"""
