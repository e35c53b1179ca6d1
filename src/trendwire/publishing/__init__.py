"""How one day becomes what is served: facts and recorded charts in, an edition out. Part of pipeline.py.

day.py     one day: whole or lean, and the recorded charts beside what is computed
whole.py   everything computed and written, every detail a document: small homes, and clusters
lean.py    the state of the engine follows the facts, and only what changed is written: all others
audit.py   the same again from the facts alone must give the same edition
"""
