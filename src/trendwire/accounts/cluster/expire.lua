-- Holds whose lease has run out, as their server died: given back. The number of them.
--
-- KEYS: the holds, their leases. ARGV: the most to give back at once.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ended) do
  local hold = redis.call('HGET', KEYS[1], id)
  if hold then
    local cost, balance, spent = string.match(hold, '^(%d+) (%S+) (%S+)$')
    redis.call('INCRBY', balance, cost)
    if redis.call('EXISTS', spent) == 1 then redis.call('DECRBY', spent, cost) end
    redis.call('HDEL', KEYS[1], id)
  end
  redis.call('ZREM', KEYS[2], id)
end
return #ended
