"""The engine: one columnar kernel that counts, ranks and tells of everything, compiled and uncompiled alike.

resolve   facts -> one row of numbers a post      names, arrow
columns   the columns of a state, which grow      lists
counts    what a post counts for                  views, scoring
charts    who stands where                        rows
"""
