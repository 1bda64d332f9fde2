import { script } from "../../platform/redis.ts";

/** What is over is kept for a minute more: a clock that steps back by less finds it as it was. */
const KEPT_AFTER_END_MS = 60_000;

// Shared by the acts on one session.
//
// KEYS  1 session hash {owner, door, about, opened, used, level}   2 its subscriptions, a list   3 zset of the owner's
//       sessions   4 zset of the tenant's sessions, both by the time at which they are over
// ARGV  1 id   2 owner   3 now, or "" for the time of Redis   4 idle ms   5 greatest age in ms
const common = `
local now = tonumber(ARGV[3])
if ARGV[3] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local idle, oldest = tonumber(ARGV[4]), tonumber(ARGV[5])

-- A Lua number of more than 14 digits would be written as 1.7e+15.
local function whole(number) return string.format('%.0f', number) end

local function over(session) return math.min(session.used + idle, session.opened + oldest) end

local function drop()
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
end

-- The session, if it is alive and the owner's; it may have been used that long ago, or nobody knows.
local function alive(ago)
  local found = redis.call('HMGET', KEYS[1], 'owner', 'opened', 'used', 'door', 'about', 'level')
  if not found[1] or found[1] ~= ARGV[2] then return nil end
  local session = {opened = tonumber(found[2]), used = tonumber(found[3]), door = found[4], about = found[5], level = found[6] or ''}
  if ago then session.used = math.max(session.used, now - ago) end
  if now >= over(session) then
    drop()
    return nil
  end
  return session
end

local function touch(session)
  session.used = math.max(session.used, now)
  redis.call('HSET', KEYS[1], 'used', whole(session.used))
  local ends = over(session)
  local ttl, most = whole(ends - now + ${KEPT_AFTER_END_MS}), whole(oldest + ${KEPT_AFTER_END_MS})
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('PEXPIRE', KEYS[2], ttl)
  for index = 3, 4 do
    redis.call('ZADD', KEYS[index], whole(ends), ARGV[1])
    redis.call('PEXPIRE', KEYS[index], most)
  end
end

local function told(session)
  local reply = {over(session) - now, session.opened, session.about, session.level}
  for _, uri in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do reply[#reply + 1] = uri end
  return reply
end
`;

/**
 * Open: a new session, if the owner and all owners together have room.
 *
 * KEYS  as above
 * ARGV  as above   6 sessions of one owner   7 of all   8 door   9 about, JSON
 * Returns {ms left, opened at, about, level} or {} where there is no room.
 */
export const openScript = script(
  "session-open",
  `${common}
for index = 3, 4 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', whole(now))
  if redis.call('ZCARD', KEYS[index]) >= tonumber(ARGV[index + 3]) then return {} end
end
local session = {opened = now, used = now, about = ARGV[9], level = ''}
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'door', ARGV[8], 'about', ARGV[9], 'opened', whole(now))
touch(session)
return told(session)
`,
);

/**
 * Find: the session, which counts as use.
 *
 * KEYS  as above
 * ARGV  as above   6 door   7 ms since the asker served it untold, or ""
 * Returns {ms left, opened at, about, level or "", subscription…} or {} where there is none of this owner and door.
 */
export const findScript = script(
  "session-find",
  `${common}
local session = alive(tonumber(ARGV[7]))
if not session or session.door ~= ARGV[6] then return {} end
touch(session)
return told(session)
`,
);

/**
 * Change: the level of log messages, or one subscription.
 *
 * KEYS  as above
 * ARGV  as above   6 "log_level", "subscribe" or "unsubscribe"   7 level or URI   8 subscriptions of one session
 * Returns as find does; {"full"} where the session has as many subscriptions as it may.
 */
export const changeScript = script(
  "session-change",
  `${common}
local session = alive()
if not session then return {} end
if ARGV[6] == 'log_level' then
  session.level = ARGV[7]
  redis.call('HSET', KEYS[1], 'level', ARGV[7])
elseif ARGV[6] == 'unsubscribe' then
  redis.call('LREM', KEYS[2], 0, ARGV[7])
elseif not redis.call('LPOS', KEYS[2], ARGV[7]) then
  if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[8]) then
    touch(session)
    return {'full'}
  end
  redis.call('RPUSH', KEYS[2], ARGV[7])
end
touch(session)
return told(session)
`,
);

/**
 * End: one session.
 *
 * KEYS  as above
 * ARGV  as above
 * Returns 1, or 0 where there is none of this owner.
 */
export const endScript = script(
  "session-end",
  `${common}
if not alive() then return 0 end
drop()
return 1
`,
);

/**
 * End all: every session of an owner. Their keys carry the same hash tag, so they are in this slot.
 *
 * KEYS  1 zset of the owner's sessions   2 zset of the tenant's sessions
 * ARGV  1 now, or "" for the time of Redis   2 prefix of sessions   3 prefix of subscriptions
 * Returns the ids of those that were not over yet.
 */
export const endAllScript = script(
  "session-end-all",
  `
local now = ARGV[1]
if now == '' then
  local time = redis.call('TIME')
  now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, id in ipairs(ids) do
  redis.call('DEL', ARGV[2] .. id, ARGV[3] .. id)
  redis.call('ZREM', KEYS[2], id)
end
redis.call('DEL', KEYS[1])
return ids
`,
);

/**
 * Count: open sessions of the tenant.
 *
 * KEYS  1 zset of the tenant's sessions
 * ARGV  1 now, or "" for the time of Redis
 * Returns their number.
 */
export const countScript = script(
  "session-count",
  `
local now = ARGV[1]
if now == '' then
  local time = redis.call('TIME')
  now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
`,
);
