"""The read side: one handler for all endpoints of all dialects, the pages beside them, the server under them.

api.py       admit, parse, answer, render, settle: read this first
answers.py   from a canonical query to a canonical answer, out of one edition
pages.py     health, readiness, OpenAPI documents, the first page
app.py       all of it put together over one data folder
server.py    the process on a port, from its start to its last answer
logs.py      what is written down, without any key
"""
