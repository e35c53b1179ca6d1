"""How one day becomes what is served: facts and recorded charts in, an edition out. Part of pipeline.py.

choice.py    which day (days.py: what the facts have of each)
day.py       one day of one home, and the recorded charts beside what is computed
whole.py     everything computed and written, every detail a document: small homes, and clusters
large.py     the charts are written, details are told by the state of the engine: all others
resident.py  that state, which follows the facts (taken.py: what of them it has)
audit.py     the same again from the facts alone must give the same edition
"""
