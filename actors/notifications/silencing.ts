/** Which alerts a silence is about: the same for the list of alerts and for who tells them. */
import type { ChannelTelling } from '#actors/catalog/channel-outbox.ts'
import type { StoredSilence } from '#actors/catalog/silences.ts'
import { compilePattern } from '#actors/processing/regex.ts'
import { matchesEmpty, wholeText } from '#proto/query/pattern.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import type { SilenceMatcher } from '#proto/silence.ts'
import { type AlertLabels, alertLabels, type LabelledAlert } from './alert-labels.ts'

type TextTest = (text: string) => boolean

/** The first of a project's silences that is about the alert; null = none. */
export type Silencing = (alert: LabelledAlert) => StoredSilence | null

/** Of silences of one project. */
export function silencing(silences: readonly StoredSilence[]): Silencing {
  return alert => {
    if (silences.length === 0) return null
    const labels = alertLabels(alert)
    return silences.find(({ matchers }) => matchers.every(each => fits(each, labels))) ?? null
  }
}

export interface Sifted {
  readonly due: readonly ChannelTelling[]
  readonly held: ReadonlyMap<StoredSilence, readonly ChannelTelling[]>
}

/** What is to be told apart from what one of the active silences holds back. */
export function sift(
  tellings: readonly ChannelTelling[],
  active: readonly StoredSilence[],
): Sifted {
  const silencings = new Map<string, Silencing>()
  const silencingOf = (id: string): Silencing => {
    const known = silencings.get(id)
    if (known !== undefined) return known
    const fresh = silencing(active.filter(({ projectId }) => projectId === id))
    silencings.set(id, fresh)
    return fresh
  }
  const due: ChannelTelling[] = []
  const held = new Map<StoredSilence, ChannelTelling[]>()
  for (const telling of tellings) {
    const { projectId, about } = telling.entry
    const silence = silencingOf(projectId)(about)
    if (silence === null) due.push(telling)
    else held.set(silence, [...(held.get(silence) ?? []), telling])
  }
  return { due, held }
}

/** What is wrong with matchers; null = nothing. */
export function matchersFault(matchers: readonly SilenceMatcher[]): string | null {
  for (const [i, { op, value }] of matchers.entries()) {
    if (!isExpression(op)) continue
    const parsed = parseRegex(value, false)
    if (parsed.type === 'regex') continue
    const { message, expected, position } = parsed.fault
    return `matchers.${i}.value: ${message} at ${position}; expected ${expected}`
  }
  if (matchers.some(matcher => !fits(matcher, NO_LABELS))) return null
  return (
    'matchers: every one of them matches an alert without such a label, so this is about all ' +
    'alerts; say alertname =~ .+ if that is meant'
  )
}

const NO_LABELS: AlertLabels = new Map()
const encoder = new TextEncoder()

function fits({ label, op, value }: SilenceMatcher, labels: AlertLabels): boolean {
  const text = labels.get(label) ?? ''
  const isWanted = op === '=' || op === '=~'
  return (isExpression(op) ? expressionTest(value)(text) : text === value) === isWanted
}

function isExpression(op: SilenceMatcher['op']): boolean {
  return op === '=~' || op === '!~'
}

/** Expressions that are kept compiled: some hundred bytes for each of their characters. */
const COMPILED_MAX = 200
const compiled = new Map<string, TextTest>()

function expressionTest(source: string): TextTest {
  const known = compiled.get(source)
  if (known !== undefined) return known
  const fresh = compile(source)
  compiled.set(source, fresh)
  const oldest = compiled.keys().next()
  if (compiled.size > COMPILED_MAX && oldest.done !== true) compiled.delete(oldest.value)
  return fresh
}

/** Nothing matches what an older version took and this one cannot read. */
function compile(source: string): TextTest {
  const parsed = parseRegex(source, false)
  if (parsed.type === 'fault') return () => false
  const whole = { atStart: true, atEnd: true }
  const pattern = wholeText(parsed.branches.map(branch => ({ ...branch, ...whole })))
  const isEmptyMatched = matchesEmpty(pattern)
  const test = compilePattern([{ pattern, ...whole }])
  return text => {
    if (text === '') return isEmptyMatched
    const bytes = encoder.encode(text)
    return test(bytes, 0, bytes.length)
  }
}
