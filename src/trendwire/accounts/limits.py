"""How many requests a key may make: an exact sliding log per key. Pure, in memory.

In any window of one second, [t, t + 1), at most `qps` requests of a key pass. A request that is refused
here leaves no trace. (A token bucket would let twice as many through in its first second.)

Memory: at most `qps` numbers for each key that passed a request lately. Each take drops up to two logs
whose requests have all left the window, so what a burst of many keys left behind goes away with use.
"""

from collections import OrderedDict, deque

from trendwire.errors import RateLimited

WINDOW = 1.0
"""Seconds."""

_DROPPED_PER_TAKE = 2


class Limits:
    """The logs of all keys. For one thread."""

    def __init__(self) -> None:
        # key id -> the moments at which its requests leave the window, ascending; the key used last is last.
        self._logs: OrderedDict[int, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """Keys remembered."""
        return len(self._logs)

    def take(self, key_id: int, qps: int, tick: float) -> int:
        """Let one request of a key pass at `tick` (monotonic seconds); how many more may follow at once.

        A tick before the key's last one counts as that last one. Raises RateLimited, with the seconds
        after which the next request will pass if no other comes before it.
        """
        self._drop_idle(tick)
        log = self._logs.setdefault(key_id, deque())
        while log and log[0] <= tick:
            log.popleft()
        if len(log) >= qps:
            # To the nanosecond: sums of floats can say 1.0000000000000002, which a header would round to 2.
            wait = max(round(log[-qps] - tick, 9), 1e-9)
            raise RateLimited("too many requests in a second", wait, key_id=key_id, qps=qps)
        leaves = tick + WINDOW
        log.append(max(leaves, log[-1]) if log else leaves)
        self._logs.move_to_end(key_id)
        return qps - len(log)

    def _drop_idle(self, tick: float) -> None:
        """Forget the keys unused for longest, where nothing of theirs is in the window."""
        for _ in range(_DROPPED_PER_TAKE):
            if not self._logs:
                return
            key_id = next(iter(self._logs))
            if self._logs[key_id][-1] > tick:
                return
            del self._logs[key_id]
