/**
 * What of a message is wording and what is a value, by the look of its bytes alone; the rules for
 * people stand in docs/patterns.md. One pass, no text and no object: the items of the message that
 * was scanned last lie in `items` until the next one.
 */

/** Items of a message that count; what follows them is not looked at. */
export const ITEMS_MAX = 48
/** Bytes of a message that are looked at: a longer one is no other pattern for its end. */
export const SCANNED_BYTES_MAX = 4_096
/** A bracket at the head of a line that is longer is no name of a thread. */
const HEAD_BRACKET_BYTES_MAX = 256

/** The word of an item that is a value. */
export const VALUE = 0

/** Parallel arrays: the hash of each item's word or VALUE, and the bytes that it stands for. */
export const items = {
  words: new Int32Array(ITEMS_MAX),
  starts: new Uint32Array(ITEMS_MAX),
  ends: new Uint32Array(ITEMS_MAX),
} as const

const { words, starts, ends } = items

/** What a byte is. Those of LETTER to PUNCTUATION make up chunks, the others stand between them. */
const LETTER = 1
const UPPER = 2
const DIGIT = 4
const SLASH = 8
const DOT = 16
const COLON = 32
const AT = 64
const APOSTROPHE = 128
const PUNCTUATION = 256
const BREAK = 512
const EQUALS = 1_024
const QUOTE = 2_048
const BRACKET = 4_096
const OUTSIDE = BREAK | EQUALS | QUOTE
/** What may end a chunk. */
const STOP = OUTSIDE | APOSTROPHE

const KINDS = Uint16Array.from({ length: 256 }, (_, byte) => kindOf(byte))

function kindOf(byte: number): number {
  if (byte >= 0x80 || byte === 0x5f || (byte >= 0x61 && byte <= 0x7a)) return LETTER
  if (byte >= 0x41 && byte <= 0x5a) return LETTER | UPPER
  if (byte >= 0x30 && byte <= 0x39) return DIGIT
  if (byte <= 0x20 || byte === 0x7f) return BREAK
  const character = String.fromCharCode(byte)
  if (character === '[') return BREAK | BRACKET
  if (',;()]{}<>|'.includes(character)) return BREAK
  const kinds = { '/': SLASH, '\\': SLASH, '.': DOT, ':': COLON, '@': AT, "'": APOSTROPHE }
  const others = { '=': EQUALS, '"': QUOTE }
  return { ...kinds, ...others }[character] ?? PUNCTUATION
}

const SPACE = 0x20
const EQUAL_SIGN = 0x3d

const SEED = 0x811c9dc5 | 0
const FIRST = 0x85ebca6b
const SECOND = 0xc2b2ae35

/** The word of an item with this text. */
export function wordOf(text: string): number {
  const bytes = Buffer.from(text)
  return wordIn(bytes, 0, bytes.length)
}

/**
 * The word in bytes [start, end), which has a letter: from its first letter to its last. Four bytes
 * at a time, for steps that wait for one another are what a hash costs. Never VALUE.
 */
function wordIn(bytes: Uint8Array, start: number, end: number): number {
  let from = start
  let to = end
  while (((KINDS[bytes[from] as number] as number) & LETTER) === 0) from++
  while (((KINDS[bytes[to - 1] as number] as number) & LETTER) === 0) to--
  let hash = SEED ^ (to - from)
  let at = from
  for (; at + 4 <= to; at += 4) {
    const four =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    hash = Math.imul(hash ^ four, FIRST)
    hash ^= hash >>> 15
  }
  let rest = 0
  for (; at < to; at++) rest = (rest << 8) | (bytes[at] as number)
  hash = Math.imul(hash ^ rest, SECOND)
  hash = Math.imul(hash ^ (hash >>> 13), FIRST)
  hash ^= hash >>> 16
  return hash === VALUE ? 1 : hash
}

/** Words that mean the same in every log. */
const MONTH = 1
const DAY = 2
/** Behind a number they are part of it: 5 ms and 00:01 are values of one place. */
const TIME_UNIT = 3
const LEVEL = 4
const PREPOSITION = 5
/** What the name of a file ends with: with a folder before it, it is a path. */
const FILE_TYPE = 6

const ROLES: readonly (readonly [role: number, words: string])[] = [
  [MONTH, 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'],
  [DAY, 'Mon Tue Wed Thu Fri Sat Sun'],
  [TIME_UNIT, 'ns us ms s sec secs second seconds min mins minute minutes h hours AM PM UTC GMT'],
  [LEVEL, 'TRACE DEBUG INFO NOTICE WARN WARNING ERROR ERR FATAL CRITICAL SEVERE'],
  [LEVEL, 'trace debug info notice warn warning error fatal Info Warning Error V D I W E F'],
  [PREPOSITION, 'for by of as'],
  [FILE_TYPE, 'exe dll sys jar war txt log json xml yml yaml html htm css php sh bat conf cfg'],
  [FILE_TYPE, 'ini properties csv tsv zip gz tar sql pdf png jpg jpeg gif tmp bak lock pem'],
]

/** A hash table; nearly every other word meets an empty place in it. */
const ROLE_SLOTS = 4_096
/** With punctuation behind it. */
const ROLE_BYTES_MAX = 10
const roles = new Uint8Array(ROLE_SLOTS)
const roleWords = new Int32Array(ROLE_SLOTS)
for (const [role, text] of ROLES) {
  for (const word of text.split(' ').map(wordOf)) {
    const slot = roleSlot(word)
    roles[slot] = role
    roleWords[slot] = word
  }
}

/** Of the word, or an empty one. */
function roleSlot(word: number): number {
  let slot = word & (ROLE_SLOTS - 1)
  while (roles[slot] !== 0 && roleWords[slot] !== word) slot = (slot + 1) & (ROLE_SLOTS - 1)
  return slot
}

/** 0 = none. */
function roleOf(word: number): number {
  return roles[roleSlot(word)] as number
}

const USER = wordOf('user')

/** How far a time as in syslog (RFC 3164) has been read: a host follows it. */
const NO_TIME = 0
const MONTH_READ = 1
const DAY_READ = 2
const TIME_READ = 3

/** Scans bytes [start, end); answers the number of items. */
export function scanItems(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + SCANNED_BYTES_MAX)
  let count = 0
  let at = start
  let isValue = false
  let valueAt = start
  let inHead = true
  let clock = NO_TIME
  while (at < last && count < ITEMS_MAX) {
    const first = bytes[at] as number
    const kind = KINDS[first] as number
    if (kind === BREAK && !isValue) {
      at++
      continue
    }
    if ((kind & OUTSIDE) !== 0 || kind === APOSTROPHE || kind === COLON) {
      if (isValue && kind !== QUOTE && first !== SPACE) {
        count = addValue(count, valueAt, valueAt)
        isValue = false
      }
      if (kind === EQUALS) {
        const isRuled =
          (at > start && bytes[at - 1] === EQUAL_SIGN) ||
          (at + 1 < last && bytes[at + 1] === EQUAL_SIGN)
        isValue = !isRuled
        valueAt = at + 1
      } else if ((kind & BRACKET) !== 0 && inHead && count > 0) {
        const close = closingBracket(bytes, at, last)
        if (close > 0) {
          count = addValue(count, at + 1, close)
          at = close
        } else inHead = false
      } else if (kind === QUOTE || kind === APOSTROPHE) {
        const close = closingQuote(bytes, at, last)
        if (close > 0) {
          const isKey = bytes[close + 1] === 0x3a && close + 1 < last && !isValue
          if (isKey && hasLetter(bytes, at + 1, close)) {
            count = addWord(count, wordIn(bytes, at + 1, close), at + 1, close)
          } else count = addValue(count, at + 1, close)
          at = close
        }
        isValue = false
      }
      at++
      continue
    }

    let seen = 0
    let next = at
    for (; next < last; next++) {
      const each = KINDS[bytes[next] as number] as number
      if ((each & STOP) !== 0) {
        if ((each & OUTSIDE) !== 0) break
        const follower = next + 1 < last ? (KINDS[bytes[next + 1] as number] as number) : BREAK
        if ((follower & LETTER) === 0) break
      }
      seen |= each
    }

    const hasLetters = (seen & LETTER) !== 0
    const from = at
    at = next
    if (!hasLetters && (seen & DIGIT) === 0) {
      if (isValue) count = addValue(count, from, next)
      isValue = false
      continue
    }
    if (isValue) {
      isValue = false
      if (next === last || bytes[next] !== EQUAL_SIGN) {
        count = addValue(count, from, next)
        continue
      }
      // Another key: the value before it is empty.
      count = addValue(count, valueAt, valueAt)
    }
    if ((seen & DIGIT) !== 0 || ((seen & SLASH) !== 0 && isPath(bytes, from, next))) {
      const key = (seen & COLON) === 0 ? 0 : keyEnd(bytes, from, next)
      if (key > 0) {
        count = addWord(count, wordIn(bytes, from, key), from, key)
        inHead = false
      }
      count = addValue(count, key > 0 ? key + 1 : from, next)
      clock = clock === NO_TIME ? NO_TIME : clockAfter(clock, seen)
      continue
    }
    const word = wordIn(bytes, from, next)
    const role = next - from > ROLE_BYTES_MAX ? 0 : roleOf(word)
    const previous = count > 0 ? (words[count - 1] as number) : 1
    if (role === TIME_UNIT && previous === VALUE) ends[count - 1] = next
    else if (
      clock === TIME_READ ||
      role === DAY ||
      role === MONTH ||
      (seen & AT) !== 0 ||
      ((seen & DOT) !== 0 && isHostOrFile(bytes, from, next, seen)) ||
      (previous === USER && count > 1 && roleOf(words[count - 2] as number) === PREPOSITION)
    ) {
      count = addValue(count, from, next)
      clock = role === MONTH ? MONTH_READ : NO_TIME
    } else {
      count = addWord(count, word, from, next)
      clock = NO_TIME
      inHead &&= role === LEVEL
    }
  }
  if (isValue && count < ITEMS_MAX) count = addValue(count, valueAt, valueAt)
  return count
}

function addWord(count: number, word: number, start: number, end: number): number {
  if (count === ITEMS_MAX) return count
  words[count] = word
  starts[count] = start
  ends[count] = end
  return count + 1
}

/** Values that stand side by side are one: lists differ in length. */
function addValue(count: number, start: number, end: number): number {
  if (count > 0 && words[count - 1] === VALUE) {
    ends[count - 1] = end
    return count
  }
  return addWord(count, VALUE, start, end)
}

function hasLetter(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (((KINDS[bytes[at] as number] as number) & LETTER) !== 0) return true
  }
  return false
}

/** The end of a quotation of one word, as names are quoted; 0 = it is no such thing. */
function closingQuote(bytes: Uint8Array, open: number, last: number): number {
  const quote = bytes[open] as number
  for (let at = open + 1; at < last; at++) {
    const byte = bytes[at] as number
    if (byte === quote) return at > open + 1 ? at : 0
    if (((KINDS[byte] as number) & OUTSIDE) !== 0) return 0
  }
  return 0
}

function closingBracket(bytes: Uint8Array, open: number, last: number): number {
  const limit = Math.min(last, open + HEAD_BRACKET_BYTES_MAX)
  let depth = 0
  for (let at = open; at < limit; at++) {
    const byte = bytes[at] as number
    if (byte === 0x5b) depth++
    else if (byte === 0x5d && --depth === 0) return at
  }
  return 0
}

/** What has a slash is a path, unless it is short as in I/O or and/or. */
function isPath(bytes: Uint8Array, start: number, end: number): boolean {
  if (KINDS[bytes[start] as number] === SLASH || end - start > SHORT_BYTES) return true
  let slashes = 0
  for (let at = start; at < end; at++) if (KINDS[bytes[at] as number] === SLASH) slashes++
  return slashes > 1
}

const SHORT_BYTES = 7

function isHostOrFile(bytes: Uint8Array, start: number, end: number, seen: number): boolean {
  return ((seen & UPPER) === 0 && isHost(bytes, start, end)) || isFile(bytes, start, end)
}

/** `name.type`, with punctuation behind it perhaps. */
function isFile(bytes: Uint8Array, start: number, end: number): boolean {
  let to = end
  while (to > start && ((KINDS[bytes[to - 1] as number] as number) & LETTER) === 0) to--
  let from = to
  while (from > start && ((KINDS[bytes[from - 1] as number] as number) & LETTER) !== 0) from--
  if (from - start < 2 || from === to || KINDS[bytes[from - 1] as number] !== DOT) return false
  return roleOf(wordIn(bytes, from, to)) === FILE_TYPE
}

/** Two dots or more, each with a letter behind it. */
function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0
  for (let at = start + 1; at + 1 < end; at++) {
    const isDot = KINDS[bytes[at] as number] === DOT
    if (isDot && ((KINDS[bytes[at + 1] as number] as number) & LETTER) !== 0) dots++
  }
  return dots >= 2
}

/**
 * Where the name ends that stands before a colon; 0 = there is none. It has letters that may not
 * be hex digits as in an address, and is no scheme of a URL.
 */
function keyEnd(bytes: Uint8Array, start: number, end: number): number {
  let isName = false
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    const kind = KINDS[byte] as number
    if (kind === COLON) {
      const isScheme = at + 1 < end && KINDS[bytes[at + 1] as number] === SLASH
      return isName && at - start >= 2 && !isScheme ? at : 0
    }
    if ((kind & ~(LETTER | UPPER | PUNCTUATION)) !== 0) return 0
    if ((kind & LETTER) !== 0) isName ||= (byte | 0x20) > 0x66
  }
  return 0
}

function clockAfter(clock: number, seen: number): number {
  if (clock === MONTH_READ) return seen === DIGIT ? DAY_READ : NO_TIME
  return clock === DAY_READ && seen === (DIGIT | COLON) ? TIME_READ : NO_TIME
}
