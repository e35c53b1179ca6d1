-- The end of a hold, once: spent (a debit in the stream) or given back. 1 = done, 0 = there was no such hold.
--
-- KEYS: the holds, their leases, the stream of debits, the account's balance, the key's spending of the month.
-- ARGV: hold id, 1 = charged, then account, key, cost, endpoint, moment (Unix ms).

local hold = redis.call('HGET', KEYS[1], ARGV[1])
if not hold then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] == '1' then
  redis.call('XADD', KEYS[3], '*', 'account', ARGV[3], 'key', ARGV[4], 'cost', ARGV[5],
             'endpoint', ARGV[6], 'at', ARGV[7])
else
  redis.call('INCRBY', KEYS[4], ARGV[5])
  -- one that went is read from PostgreSQL again, where this was never spent
  if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('DECRBY', KEYS[5], ARGV[5]) end
end
return 1
