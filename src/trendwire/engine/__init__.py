"""The engine: one columnar kernel that counts, ranks and tells of everything, compiled and uncompiled alike.

resolve     facts -> one row of numbers a post (arrow, newest, ids, names)
columns     the columns of a state, which grow; lists leads from creators and subjects to posts
counts      what a post counts for; scoring says what heat is, views how gains spread over days
state       everything counted of all posts: records (tallies, gains), surroundings, leaders, given ids
changes     a batch, the next day, what was removed: taken out, changed, put in (pairs, sightings)
charts      who stands where (ranks) and the rows as they are published (rows, attributes; revisions)
details     one subject in all its places, from what describe finds (numbers, audiences, related, industries)
checkpoint  a state as a folder, and back
"""
