import { script } from "../../platform/redis.ts";
import { KEPT_AFTER_END_MS, LATE_COMMIT_MS } from "./memory-ledger.ts";

// Shared by the three acts. Numbers are whole and below 2^53; they are never concatenated, because Lua writes a number
// of more than 14 digits as 1.7e+15.
const common = `
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A counter is the text of two numbers: window start and amount used, or fill and the time at which it was true.
local function read(key)
  local value = redis.call('GET', key)
  if not value then return 0, 0 end
  local first, second = string.match(value, '^(%d+) (%d+)$')
  return tonumber(first), tonumber(second)
end
-- It is kept for a minute after it ended: a clock that steps back by less does not find its window empty again.
local function write(key, first, second, ttl)
  redis.call('SET', key, string.format('%.0f %.0f', first, second), 'PX', math.max(0, ttl) + ${KEPT_AFTER_END_MS})
end

local MAX = 9007199254740991
local TOMBSTONE_MS = 10000

-- What a share {key, budget, kind, held, mark, unit or window ms, leak, remaining, resets at, level} changes afterwards:
-- 'more' is spent on top, room or not; 'less' is given back.
local function adjust(share, more, less, now)
  local key, mark = share[1], share[5]
  if share[3] == 'f' then
    local start, used = read(key)
    if start ~= mark then return end
    write(key, start, math.min(MAX, math.max(0, used + more - less)), start + share[6] - now)
    return
  end
  local unit, leak = share[6], share[7]
  local fill, at = read(key)
  local time = math.max(now, at)
  fill = math.max(0, fill - (time - at) * leak)
  -- Only what cannot have leaked since is taken out; see refundable() in gcra.ts.
  local out = math.max(0, less * unit - math.max(0, time - mark) * leak)
  fill = math.min(MAX, math.max(0, fill + more * unit - out))
  write(key, fill, time, math.ceil(fill / leak))
end

local function close(key, state)
  redis.call('SET', key, state, 'PX', TOMBSTONE_MS)
end

local function refundAll(shares, now)
  for _, share in ipairs(shares) do adjust(share, 0, share[4], now) end
end

-- A hold is a packed {dispatched, deadline, shares}; a settled one the word 'committed', 'refunded' or 'expired'.
local function settled(value)
  return value == 'committed' or value == 'refunded' or value == 'expired'
end
`;

/**
 * Reserve: hold an amount on every level, or on none.
 * Expires first what is due; keys of other holds and their counters carry the same hash tag, so they are in this slot.
 *
 * KEYS  1 hold   2 zset of the holds that are not dispatched, by deadline   3.. one counter per level
 * ARGV  1 id   2 ms until the deadline   3 "1" if dispatched   4 now, or "" for the time of Redis   5 prefix of holds
 *       then seven per level: "f"|"r", budget, level key, amount, limit or capacity, window ms or unit, "" or leak
 * Returns {1, remaining, resets at, …} when held or held already,
 *         {0, level index, remaining, ms at which to retry or -1} for the first level without room, {2} when settled.
 */
export const reserveScript = script(
  "reserve",
  `${common}
local now = clock(ARGV[4])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 32)) do
  local key = ARGV[5] .. id
  local value = redis.call('GET', key)
  if value and not settled(value) then
    refundAll(cmsgpack.unpack(value)[3], now)
    close(key, 'expired')
  end
  redis.call('ZREM', KEYS[2], id)
end

local function answer(shares)
  local reply = {1}
  for _, share in ipairs(shares) do
    reply[#reply + 1] = share[8]
    reply[#reply + 1] = share[9]
  end
  return reply
end
local known = redis.call('GET', KEYS[1])
if known then
  if settled(known) then return {2} end
  return answer(cmsgpack.unpack(known)[3])
end

local shares, writes = {}, {}
for index = 1, #KEYS - 2 do
  local key, base = KEYS[index + 2], 5 + (index - 1) * 7
  local kind, budget, level, amount = ARGV[base + 1], ARGV[base + 2], ARGV[base + 3], tonumber(ARGV[base + 4])
  local limit, span, leak = tonumber(ARGV[base + 5]), tonumber(ARGV[base + 6]), tonumber(ARGV[base + 7])
  if kind == 'f' then
    local start, used = read(key)
    local current = math.floor(now / span) * span
    -- A clock that steps back stays in the window it was in.
    if current > start then start, used = current, 0 end
    local left, resets = limit - used, start + span
    if amount > left then
      return {0, index, math.max(0, left), amount > limit and -1 or resets}
    end
    writes[index] = {key, start, used + amount, resets - now}
    shares[index] = {key, budget, kind, amount, start, span, 0, left - amount, resets, level}
  else
    local fill, at = read(key)
    local time = math.max(now, at)
    fill = math.max(0, fill - (time - at) * leak)
    local left, wanted = math.max(0, math.floor((limit - fill) / span)), amount * span
    if amount > left or fill > limit then
      local wait = math.max(0, math.ceil((fill - (limit - wanted)) / leak))
      return {0, index, left, wanted > limit and -1 or time + wait}
    end
    fill = fill + wanted
    local empty = math.ceil(fill / leak)
    writes[index] = {key, fill, time, empty}
    shares[index] = {key, budget, kind, amount, time, span, leak, left - amount, time + empty, level}
  end
end

for _, entry in ipairs(writes) do write(entry[1], entry[2], entry[3], entry[4]) end
local deadline = now + tonumber(ARGV[2])
-- A dispatched hold outlives its deadline by what a late commit may take; another by a day, to be given back until then.
local after = ARGV[3] == '1' and ${LATE_COMMIT_MS} or 86400000
redis.call('SET', KEYS[1], cmsgpack.pack({ARGV[3] == '1', deadline, shares}), 'PX', deadline - now + after)
if ARGV[3] ~= '1' then redis.call('ZADD', KEYS[2], deadline, ARGV[1]) end
return answer(shares)
`,
);

/**
 * Dispatched: from here on an expiry commits.
 *
 * KEYS  1 hold   2 zset of the holds that are not dispatched
 * ARGV  1 id   2 now, or "" for the time of Redis
 * Returns 1, or 0 when the hold is not open any more.
 */
export const dispatchedScript = script(
  "dispatched",
  `${common}
local now = clock(ARGV[2])
local value = redis.call('GET', KEYS[1])
if not value or settled(value) then return 0 end
local hold = cmsgpack.unpack(value)
if now >= hold[2] then return 0 end
if hold[1] then return 1 end
hold[1] = true
redis.call('SET', KEYS[1], cmsgpack.pack(hold), 'KEEPTTL')
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
`,
);

/**
 * Settle: commit what was held or an actual amount, or give everything back.
 *
 * KEYS  1 hold   2 zset of the holds that are not dispatched
 * ARGV  1 id   2 now, or "" for the time of Redis   3 "committed" or "refunded"
 *       then pairs of level key and actual amount
 * Returns {state, budget, …}: how the hold ended, and the budgets whose actual amount was above what was held.
 */
export const settleScript = script(
  "settle",
  `${common}
local value = redis.call('GET', KEYS[1])
if not value then return {'unknown'} end
if settled(value) then return {value} end
local now = clock(ARGV[2])
local hold = cmsgpack.unpack(value)
local wanted, shares = ARGV[3], hold[3]
local late = now >= hold[2]
if late and not hold[1] then
  refundAll(shares, now)
  close(KEYS[1], 'expired')
  redis.call('ZREM', KEYS[2], ARGV[1])
  return {'expired'}
end
if late and (wanted == 'refunded' or now >= hold[2] + ${LATE_COMMIT_MS}) then
  return {'committed'}
end

local reply = {wanted}
if wanted == 'refunded' then
  refundAll(shares, now)
else
  local actual = {}
  for index = 4, #ARGV, 2 do actual[ARGV[index]] = tonumber(ARGV[index + 1]) end
  for _, share in ipairs(shares) do
    local above = (actual[share[10]] or share[4]) - share[4]
    if above > 0 then
      adjust(share, above, 0, now)
      reply[#reply + 1] = share[2]
    elseif above < 0 and not late then
      adjust(share, 0, -above, now)
    end
  end
end
close(KEYS[1], wanted)
if not hold[1] then redis.call('ZREM', KEYS[2], ARGV[1]) end
return reply
`,
);

/**
 * Committed: closes dispatched holds that spent exactly what they held. No counter changes.
 *
 * KEYS  one hold each
 * Returns nothing of interest.
 */
export const committedScript = script(
  "committed",
  `
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if value and value ~= 'refunded' and value ~= 'expired' then redis.call('SET', key, 'committed', 'PX', 10000) end
end
return 1
`,
);
