-- One request at the gate, in one step: key, restrictions, rate, cap, credits, hold.
--
-- KEYS: the key's hash, its window, its account's balance, its spending of the month, the holds, their leases.
-- ARGV: hold id, cost, endpoint, seconds to keep the spending, lease (ms), networks version, networks verdict (0/1).
-- Answers {word, ...}: see `gate.py`. Time is Redis's own, so that the clocks of servers do not matter.

local key = redis.call('HMGET', KEYS[1], 'id', 'account', 'qps', 'mode', 'cap', 'ends', 'endpoints', 'networks')
if not key[1] then return {'unknown'} end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
if key[6] ~= '' and now >= tonumber(key[6]) * 1000 then return {'ended'} end

local qps = tonumber(key[3])
if key[7] ~= '' and not string.find(key[7], ' ' .. ARGV[3] .. ' ', 1, true) then
  return {'endpoint', key[1], key[2], qps}
end
-- Whether an address lies in a network is decided outside, for the networks that this key has now.
if key[8] ~= '' then
  if key[8] ~= ARGV[6] then return {'networks', key[8]} end
  if ARGV[7] == '0' then return {'address', key[1], key[2], qps} end
end

-- Before the rate: what is asked again because of this must not count twice there.
local cost = tonumber(ARGV[2])
local spent = redis.call('GET', KEYS[4])
if not spent and cost > 0 and key[4] ~= 'test' then return {'unspent'} end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 1000000)
local passed = redis.call('ZCARD', KEYS[2])
if passed >= qps then
  local first = redis.call('ZRANGE', KEYS[2], passed - qps, passed - qps, 'WITHSCORES')
  return {'fast', key[1], key[2], qps, tonumber(first[2]) + 1000000 - now}
end
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PEXPIRE', KEYS[2], 2000)
local remaining = qps - passed - 1

local balance = tonumber(redis.call('GET', KEYS[3]) or '0')
if key[4] == 'test' then return {'ok', key[1], key[2], qps, remaining, balance, 0, 1, now} end
if cost == 0 then return {'ok', key[1], key[2], qps, remaining, balance, 0, 0, now} end
if balance < cost or (key[5] ~= '' and tonumber(spent) + cost > tonumber(key[5])) then
  return {'poor', key[1], key[2], qps, remaining, balance}
end
balance = redis.call('DECRBY', KEYS[3], cost)
redis.call('INCRBY', KEYS[4], cost)
redis.call('EXPIRE', KEYS[4], ARGV[4])
redis.call('HSET', KEYS[5], ARGV[1], cost .. ' ' .. KEYS[3] .. ' ' .. KEYS[4])
redis.call('ZADD', KEYS[6], now / 1000 + tonumber(ARGV[5]), ARGV[1])
return {'ok', key[1], key[2], qps, remaining, balance, cost, 0, now}
