"""The kernel on a Spark cluster, for facts that outgrew one machine: the same functions, each given a share
of the posts.

    parts -> rows by post -> posts by creator -> posts by subject -> rows of charts, details
                               |                     |
                               totals                candidates for charts, creators of each hashtag

A share holds all posts of its creators, or of its subjects, so each is counted as on one machine. What is
counted of everything (totals) is summed where the edition is published and told to every share; what a
hashtag is measured against goes to the shares that use it beside theirs.

portable   posts and rows with the texts that their numbers stand for, as they go between machines
shares     what each share does
totals     what is counted of all posts, summed
reaches    what hashtags of other shares are measured by
build      the order of it all, and what comes of it
spark      the connection to the cluster
"""
