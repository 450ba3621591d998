/**
 * Which passwords are taken: by length, and not one that everybody tries first. Guessers take
 * well-known words, write some letters as digits, put them side by side and digits behind; so does
 * this, with the words of common-passwords.txt, a list of our own.
 */
import { readFileSync } from 'node:fs'
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '#proto/people.ts'

/** Who the password is for: their own names are the first guess. */
export interface PasswordOwner {
  readonly email: string
  readonly name: string
}

/** What has to remain without digits and signs: letters of one's own, a known word as one. */
const PIECES_MIN = 4
/** Fewer different ones are a pattern. */
const DIFFERENT_MIN = 5
const OWN_WORD_LETTERS_MIN = 3
const WORDS = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n'),
)
const WORD_LETTERS_MAX = Math.max(...[...WORDS].map(word => word.length))
const LETTER_OF: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '8': 'b',
  '3': 'e',
  '6': 'g',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  '5': 's',
  $: 's',
  '7': 't',
  '+': 't',
  '2': 'z',
}
const REPEATED = /^(.{1,9})\1+$/u
const ROWS = ['01234567890', 'qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm']

/** What is wrong with a password, for its owner to read; null = nothing. */
export function passwordProblem(password: string, owner: PasswordOwner): string | null {
  const { length } = Array.from(password)
  if (length < PASSWORD_LENGTH_MIN) {
    return `the password is too short: at least ${PASSWORD_LENGTH_MIN} characters`
  }
  if (length > PASSWORD_LENGTH_MAX) {
    return `the password is too long: at most ${PASSWORD_LENGTH_MAX} characters`
  }
  if (isPattern(password)) return 'the password is a pattern that is tried first; take another one'
  if (isCommon(password, ownWords(owner))) {
    return 'the password is made of words that are tried first; take another one'
  }
  return null
}

/** A few characters again and again, or neighbours in alphabet and on the keyboard. */
function isPattern(password: string): boolean {
  const text = password.toLowerCase()
  if (REPEATED.test(text)) return true
  if (new Set(text).size < DIFFERENT_MIN) return true
  const steps = Array.from(text.slice(1)).filter((char, at) => areNeighbours(text.charAt(at), char))
  return steps.length > (text.length - 1) * 0.7
}

function areNeighbours(a: string, b: string): boolean {
  if (Math.abs(a.charCodeAt(0) - b.charCodeAt(0)) <= 1) return true
  return ROWS.some(
    row => row.includes(a) && row.includes(b) && near(row.indexOf(a), row.indexOf(b)),
  )
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) === 1
}

/** Hardly anything of one's own is in it, read as it stands or with digits as letters. */
function isCommon(password: string, own: ReadonlySet<string>): boolean {
  const text = password.normalize('NFKD').toLowerCase()
  const asLetters = unleeted(text)
  // At the ends digits are mostly digits.
  const trimmed = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return [text, asLetters, unleeted(trimmed)].some(each => pieces(each, own) < PIECES_MIN)
}

/** Digits and signs that stand for letters, as these. */
function unleeted(text: string): string {
  return text.replaceAll(/[^\p{L}]/gu, char => LETTER_OF[char] ?? char)
}

/** Fewest letters and known words that make up the text. */
function pieces(text: string, own: ReadonlySet<string>): number {
  const letters = text.replaceAll(/[^\p{L}]/gu, '')
  const fewest = [0]
  for (let end = 1; end <= letters.length; end++) {
    let best = (fewest[end - 1] ?? 0) + 1
    for (let start = Math.max(0, end - WORD_LETTERS_MAX); start < end; start++) {
      const word = letters.slice(start, end)
      if (WORDS.has(word) || own.has(word)) best = Math.min(best, (fewest[start] ?? 0) + 1)
    }
    fewest.push(best)
  }
  return fewest.at(-1) ?? 0
}

function ownWords({ email, name }: PasswordOwner): ReadonlySet<string> {
  const words =
    `${email} ${name}`
      .normalize('NFKD')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  return new Set(words.filter(word => word.length >= OWN_WORD_LETTERS_MIN))
}
