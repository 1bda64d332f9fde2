import { script } from "../../platform/redis.ts";

// The state is one JSON text that begins with its format and its version, so that a script can tell its version without
// reading it. Numbers come and go as texts: Lua writes one of more than 14 digits as 1.7e+15.

/**
 * Read: the state, unless it is the one that is known.
 *
 * KEYS  1 state
 * ARGV  1 SHA-1 of the text that is known, or ""
 * Returns {0} for the known one, {1, text}, {2} for none.
 */
export const readScript = script(
  "read operations",
  `
local value = redis.call('GET', KEYS[1])
if not value then return {2} end
if redis.sha1hex(value) == ARGV[1] then return {0} end
return {1, value}
`,
);

/**
 * Write: put a state in place of exactly the one that was seen, and only a higher one; tell all replicas.
 *
 * KEYS  1 state   2 counts of the rollout that ends by it, if one does
 * ARGV  1 SHA-1 of the text that was seen, or "" for none   2 text   3 its version   4 channel   5 ms to keep the counts for
 * Returns 1 when written, 0 when something else is there.
 */
export const writeScript = script(
  "write operations",
  `
local value = redis.call('GET', KEYS[1])
if (value and redis.sha1hex(value) or '') ~= ARGV[1] then return 0 end
if value and tonumber(string.match(value, '^{"v":1,"version":(%d+),')) >= tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
if KEYS[2] then redis.call('PEXPIRE', KEYS[2], ARGV[5]) end
redis.call('PUBLISH', ARGV[4], ARGV[3])
return 1
`,
);

/**
 * Count: add a batch of comparisons once. All numbers are checked before anything is added.
 *
 * KEYS  1 hash: "last:<origin>" number of its last batch, "skipped", "flip:<flip>", "places", "count:<place>", "samples:<place>"
 * ARGV  1 origin   2 number of the batch, rising   3 ms to keep all counts for   4 most places   5 most samples
 *       6 skipped   7 how many flips   then pairs of flip and amount, then threes of place, amount, samples parted by blanks
 * Returns 1 when added, 0 when it was before.
 */
export const countScript = script(
  "count comparisons",
  `
local key, last = KEYS[1], 'last:' .. ARGV[1]
if tonumber(redis.call('HGET', key, last) or 0) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', key, last, ARGV[2])
redis.call('HINCRBY', key, 'skipped', ARGV[6])
local at = 8
for _ = 1, tonumber(ARGV[7]) do
  redis.call('HINCRBY', key, 'flip:' .. ARGV[at], ARGV[at + 1])
  at = at + 2
end
local places = tonumber(redis.call('HGET', key, 'places') or 0)
while at <= #ARGV do
  local place = ARGV[at]
  local isKnown = redis.call('HEXISTS', key, 'count:' .. place) == 1
  if isKnown or places < tonumber(ARGV[4]) then
    if not isKnown then places = redis.call('HINCRBY', key, 'places', 1) end
    redis.call('HINCRBY', key, 'count:' .. place, ARGV[at + 1])
    local samples = {}
    local all = (redis.call('HGET', key, 'samples:' .. place) or '') .. ' ' .. ARGV[at + 2]
    for id in string.gmatch(all, '[^ ]+') do samples[#samples + 1] = id end
    local first = math.max(1, #samples - tonumber(ARGV[5]) + 1)
    redis.call('HSET', key, 'samples:' .. place, table.concat(samples, ' ', first))
  end
  at = at + 3
end
redis.call('PEXPIRE', key, ARGV[3])
return 1
`,
);

/**
 * Counts of one rollout.
 *
 * KEYS  1 hash of counts
 * Returns {field, value, …}.
 */
export const countsScript = script("read comparisons", "return redis.call('HGETALL', KEYS[1])");

/**
 * Piece: lay down a part of a bundle, aside until all are there.
 *
 * KEYS  1 hash of pieces that are on their way
 * ARGV  1 number of the piece   2 Base64   3 ms after which what nobody finished is forgotten
 * Returns 1.
 */
export const pieceScript = script(
  "save a piece of a bundle",
  `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`,
);

/**
 * Saved: make a bundle of its pieces, in place of one that is there.
 *
 * KEYS  1 hash of pieces that are on their way   2 hash of the bundle   3 set of all digests
 * ARGV  1 digest   2 SHA-256 of the bytes, hex   3 how many pieces
 * Returns 1, or 0 where pieces are missing.
 */
export const savedScript = script(
  "save a bundle",
  `
if redis.call('HLEN', KEYS[1]) ~= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'sha256', ARGV[2], 'pieces', ARGV[3])
redis.call('PERSIST', KEYS[1])
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('SADD', KEYS[3], ARGV[1])
return 1
`,
);

/**
 * Fields of a bundle.
 *
 * KEYS  1 hash of the bundle
 * ARGV  the fields
 * Returns their values.
 */
export const bundleScript = script("read a bundle", "return redis.call('HMGET', KEYS[1], unpack(ARGV))");

/**
 * Broken: forget a bundle whose bytes are not what they were, so that it can be saved again.
 *
 * KEYS  1 hash of the bundle
 * ARGV  1 the SHA-256 that its bytes should have had
 * Returns 1.
 */
export const brokenScript = script(
  "forget a broken bundle",
  `
if redis.call('HGET', KEYS[1], 'sha256') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`,
);

/**
 * Keep: forget all other bundles. Their keys carry the same hash tag, so they are in this slot.
 *
 * KEYS  1 set of all digests
 * ARGV  1 prefix of bundles   then the digests to keep
 * Returns how many were forgotten.
 */
export const keepScript = script(
  "forget other bundles",
  `
local keep, forgotten = {}, 0
for index = 2, #ARGV do keep[ARGV[index]] = true end
for _, digest in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if not keep[digest] then
    redis.call('DEL', ARGV[1] .. digest)
    redis.call('SREM', KEYS[1], digest)
    forgotten = forgotten + 1
  end
end
return forgotten
`,
);

/**
 * Report: take what a replica says of itself, or nothing, and tell what all said lately; older reports are removed.
 *
 * KEYS  1 hash of reports, "<ms> <JSON>" by replica
 * ARGV  1 now, or "" for the time of Redis   2 ms that a report is kept for   3 replica, or ""   4 its report
 * Returns {report, …}.
 */
export const reportScript = script(
  "report of replicas",
  `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[3], string.format('%.0f ', now) .. ARGV[4])
end
local all, lately = redis.call('HGETALL', KEYS[1]), {}
for index = 1, #all, 2 do
  local at = tonumber(string.match(all[index + 1], '^(%d+) '))
  if at and now - at < tonumber(ARGV[2]) then lately[#lately + 1] = all[index + 1]
  else redis.call('HDEL', KEYS[1], all[index]) end
end
return lately
`,
);
