/** The arithmetic of a shared bucket, twice: here, and as a script that Redis runs in one step. */

/** A silent bucket saves up so many seconds of its rate. */
const BURST_S = 1

/** What a bucket with `level` tokens holds some time later. */
export function refill(
  level: number,
  { rate, passedMs }: { readonly rate: number; readonly passedMs: number },
): number {
  return Math.min(rate * BURST_S, level + (passedMs * rate) / 1_000)
}

/**
 * KEYS[1] the bucket; ARGV rate and amount of each of its parts. Answers the levels as text,
 * because Redis cuts numbers to integers. Time is the server's, so that the processes' clocks need
 * not agree. A bucket that is full again is the same as none, so it may be forgotten.
 */
export const SPEND_SCRIPT = `
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + now[2] / 1000
local known = redis.call('HMGET', KEYS[1], 'at', 'levels')
local levels = {}
for level in string.gmatch(known[2] or '', '[^ ]+') do levels[#levels + 1] = tonumber(level) end
local passed_ms = known[1] and (now_ms - tonumber(known[1])) or 0
local left = {}
local full_ms = 0
for part = 1, #ARGV / 2 do
  local rate = tonumber(ARGV[2 * part - 1])
  local full = rate * ${BURST_S}
  local level = math.min(full, (levels[part] or full) + passed_ms * rate / 1000)
  level = level - tonumber(ARGV[2 * part])
  left[part] = string.format('%.3f', level)
  full_ms = math.max(full_ms, (full - level) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'at', string.format('%.3f', now_ms), 'levels', table.concat(left, ' '))
redis.call('PEXPIRE', KEYS[1], math.ceil(full_ms) + 1000)
return left
`
