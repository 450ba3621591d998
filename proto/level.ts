/** Levels as the world writes them, and levels that only the message tells. */

export interface ParsedLevel {
  /** OpenTelemetry severity number; 0 = not known. */
  readonly severity: number
  /** The level as written, where it is none of our six names; '' = nothing is lost without it. */
  readonly severityText: string
}

/** Names that are ours, abbreviated or not. */
const OURS: Readonly<Record<number, string>> = {
  1: 'trace trc t finest',
  5: 'debug dbg d debg dbug',
  9: 'info inf i information informational',
  13: 'warn wrn w warning',
  17: 'error err e eror erro',
  21: 'fatal ftl f',
}
/** Names that have a level of ours, but say something more. */
const OTHERS: Readonly<Record<number, string>> = {
  1: 'verbose silly all',
  5: 'fine finer config',
  9: 'log http success default',
  10: 'notice',
  17: 'severe failure',
  21: 'critical crit dpanic',
  22: 'alert panic',
  24: 'emergency emerg',
}
/** By number: emerg, alert, crit, err, warning, notice, info, debug. */
const SYSLOG = [24, 22, 21, 17, 13, 10, 9, 5] as const
/** pino and bunyan count in tens: trace, debug, info, warn, error, fatal. */
const TENS = [0, 1, 5, 9, 13, 17, 21] as const

const severities = new Map<string, number>()
const ours = new Set<string>()
for (const [severity, names] of [...Object.entries(OURS), ...Object.entries(OTHERS)]) {
  for (const name of names.split(' ')) severities.set(name, Number(severity))
}
for (const names of Object.values(OURS)) for (const name of names.split(' ')) ours.add(name)

/** Reads a level given as a name in any case, a syslog number 0-7, or one of pino's or bunyan's. */
export function parseLevel(value: string | number): ParsedLevel {
  const text = String(value).trim()
  const name = text.toLowerCase()
  const severity = severities.get(name)
  if (severity !== undefined) return { severity, severityText: ours.has(name) ? '' : text }
  if (!/^\d{1,2}$/.test(text)) return { severity: 0, severityText: text }
  const number = Number(text)
  const bySyslog = SYSLOG[number]
  if (bySyslog !== undefined) return { severity: bySyslog, severityText: '' }
  const byTens = TENS[Math.floor(number / 10)] ?? 0
  return { severity: byTens, severityText: byTens > 0 && number % 10 === 0 ? '' : text }
}

/** How far into a message a level is looked for: as a word, and as `level=`. */
const WORD_REACH = 72
const PAIR_REACH = 200
const WORD_CHARS_MAX = 9

/** Words that are a level when they stand in capitals; short forms and everyday words are not. */
const CAPITALS = wordSet(
  'trace debug info notice warn warning error fatal critical severe crit err',
)
/** Words that are a level in any case where brackets or a colon set them off. */
const SET_OFF = wordSet(
  'trace debug info notice warn warning error fatal critical severe crit err emerg alert panic',
)
const KEYS = wordSet('level lvl severity loglevel')
const LETTERS = new Map([
  ['v', 1],
  ['d', 5],
  ['i', 9],
  ['w', 13],
  ['e', 17],
  ['f', 21],
])

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}

/**
 * The severity that a message tells by itself, 0 = none. Looks only near its start and only for
 * forms that are hardly ever prose: `ERROR`, `[error]`, `error:` first, `level=error`, `E/`,
 * `E1023`.
 */
export function inferLevel(message: string): number {
  const length = Math.min(message.length, PAIR_REACH)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = Math.min(message.charCodeAt(i), 0xff)
  return inferLevelIn(bytes, 0, length)
}

/** The same for UTF-8 bytes [start, end). */
export function inferLevelIn(bytes: Uint8Array, start: number, end: number): number {
  const byLetter = glogLevel(bytes, start, end)
  if (byLetter !== 0) return byLetter
  const stop = Math.min(end, start + PAIR_REACH)
  let word = 0
  let isPrefixed = false
  for (let at = start; at < stop; ) {
    if (!isWordByte(bytes[at] as number)) {
      at++
      continue
    }
    let after = at + 1
    while (after < end && isWordByte(bytes[after] as number)) after++
    if (isLetter(bytes[at] as number) && after - at <= WORD_CHARS_MAX) {
      const range = { bytes, start, at, after, end }
      const paired = pairLevel(range)
      if (paired !== 0) return paired
      if (word === 0 && at < start + WORD_REACH) word = wordLevel(range, isPrefixed)
    }
    isPrefixed = isPrefixed || isDigit(bytes[at] as number)
    at = after
  }
  return word
}

interface WordRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly at: number
  readonly after: number
  readonly end: number
}

/** `level=error`, `"level": "error"`, `lvl:30` where the word is such a key. */
function pairLevel({ bytes, at, after, end }: WordRange): number {
  let next = after
  if (bytes[next] === QUOTE) next++
  if (next >= end || (bytes[next] !== EQUALS && bytes[next] !== COLON)) return 0
  if (!KEYS.has(lowerText(bytes, at, after))) return 0
  next++
  while (next < end && (bytes[next] === SPACE || bytes[next] === QUOTE)) next++
  let last = next
  while (last < end && last - next <= WORD_CHARS_MAX && isWordByte(bytes[last] as number)) last++
  return last === next ? 0 : parseLevel(lowerText(bytes, next, last)).severity
}

/** `isPrefixed`: a number came before, as in a time. */
function wordLevel({ bytes, start, at, after, end }: WordRange, isPrefixed: boolean): number {
  const before = at === start ? 0 : (bytes[at - 1] as number)
  const following = after === end ? 0 : (bytes[after] as number)
  if (after - at === 1) return tagLevel({ bytes, at, before, following })
  const text = lowerText(bytes, at, after)
  if (!SET_OFF.has(text) || !canStandBefore(before) || !canStandAfter(following)) return 0
  const severity = severities.get(text) ?? 0
  if (CAPITALS.has(text) && isUpper(bytes, at, after)) return severity
  const isBracketed = BRACKETS.get(before) === following
  const isFirst = at === start || isPrefixed
  const isLead = isFirst && (following === COLON || (isPrefixed && before === SPACE))
  return isBracketed || isLead ? severity : 0
}

/** Android's `E/Tag`. */
function tagLevel({
  bytes,
  at,
  before,
  following,
}: {
  bytes: Uint8Array
  at: number
  before: number
  following: number
}): number {
  if (following !== SLASH || (before !== 0 && before !== SPACE)) return 0
  const tag = bytes[at + 2] ?? 0
  const isTag = isLetter(tag) && isUpper(bytes, at, at + 1)
  return isTag ? (LETTERS.get(lowerText(bytes, at, at + 1)) ?? 0) : 0
}

/** glog and klog: `E1023 14:32:15.123456`. */
function glogLevel(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 6 || bytes[start + 5] !== SPACE || !isUpper(bytes, start, start + 1)) return 0
  for (let i = 1; i <= 4; i++) if (!isDigit(bytes[start + i] as number)) return 0
  return LETTERS.get(lowerText(bytes, start, start + 1)) ?? 0
}

const SPACE = 0x20
const QUOTE = 0x22
const SLASH = 0x2f
const COLON = 0x3a
const EQUALS = 0x3d
const BRACKETS = new Map(
  ['[]', '()', '<>', '||'].map(pair => [pair.charCodeAt(0), pair.charCodeAt(1)]),
)
const BEFORE = new Set(Array.from(' \t[(<|-:"', character => character.charCodeAt(0)))
const AFTER = new Set(Array.from(' \t])>|-:,"', character => character.charCodeAt(0)))

function canStandBefore(byte: number): boolean {
  return byte === 0 || BEFORE.has(byte)
}

function canStandAfter(byte: number): boolean {
  return byte === 0 || AFTER.has(byte)
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** Bytes of letters beyond ASCII count, so that no word is cut out of another. */
function isWordByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte === 0x5f || byte >= 0x80
}

function isUpper(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (byte < 0x41 || byte > 0x5a) return false
  }
  return true
}

function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    text += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)
  }
  return text
}
