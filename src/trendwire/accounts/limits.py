"""How many requests a key may make: an exact sliding log per key. Pure, in memory.

In any window of one second, [t, t + 1), at most `qps` requests of a key pass. A request that is refused
here leaves no trace. (A token bucket would let twice as many through in its first second.)

Memory: at most `qps` numbers for each key that passed a request lately. Each key that comes anew drops up
to two logs whose requests have all left the window, so what many keys left behind goes away with use.
"""

from collections import OrderedDict, deque

from trendwire.errors import RateLimited

WINDOW = 1.0
"""Seconds."""

RESET = 1
"""Whole seconds after a request until its window is empty, if no other comes."""

_DROPPED_PER_TAKE = 2


class Limits:
    """The logs of all keys. For one thread."""

    def __init__(self) -> None:
        # key id -> the moments at which its requests leave the window, ascending.
        self._logs: OrderedDict[int, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """Keys remembered."""
        return len(self._logs)

    def take(self, key_id: int, qps: int, tick: float) -> int:
        """Let one request of a key pass at `tick` (monotonic seconds).

        How many more may follow at once. A tick before the key's last one counts as that last one. Raises
        RateLimited, with the seconds after which the next request will pass if no other comes before it.
        """
        log = self._logs.get(key_id)
        if log is None:
            self._drop_idle(tick)
            log = self._logs[key_id] = deque()
        while log and log[0] <= tick:
            log.popleft()
        if len(log) >= qps:
            # To the nanosecond: sums of floats can say 1.0000000000000002, which a header would round to 2.
            wait = max(round(log[-qps] - tick, 9), 1e-9)
            raise RateLimited("too many requests in a second", wait, key_id=key_id, per_second_limit=qps)
        leaves = tick + WINDOW
        log.append(max(leaves, log[-1]) if log else leaves)
        return qps - len(log)

    def _drop_idle(self, tick: float) -> None:
        """Look at the keys looked at longest ago: forget those of which nothing is in the window."""
        for _ in range(min(_DROPPED_PER_TAKE, len(self._logs))):
            key_id, log = self._logs.popitem(last=False)
            if log[-1] > tick:
                self._logs[key_id] = log
