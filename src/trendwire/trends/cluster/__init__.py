"""The engine for facts that outgrew one machine: the same counts as Ibis expressions, on a Spark cluster.

    posts -> gains -> windows -> heat -> ranks -> shown     as large as the facts: Ibis, on the cluster
                    -> crowds -> pairs, tops                the same, for details
    loading.sql -> ranking, documents, details              as large as an edition: where it is published

The cluster counts, the machine that publishes writes: what comes back are rows of numbers, and the
embedded engine's own statements make texts of them. No rule of JSON or of logarithms is said twice.

Posts, creators and subjects go by their texts here, not by numbers: to number them all would be one long
sort on one machine. A subject's key is `h` or `s` and its identity: keys ascend like kind and identity.
"""
