/** What could be written at the caret of the query bar, and what the text becomes with it. */
import { LEVELS } from '#proto/api.ts'
import { NUMBER_FUNCTIONS } from '#proto/query/analysis.ts'
import { printQuery } from '#proto/query/print.ts'

export type Wish =
  /** A field, before its colon; or a name behind `by`. */
  | { readonly kind: 'field'; readonly part: string; readonly isBare: boolean }
  | { readonly kind: 'value'; readonly field: string; readonly part: string }
  | { readonly kind: 'stage'; readonly part: string }
  | { readonly kind: 'function'; readonly part: string }

export interface CompletionPlace {
  readonly wish: Wish
  /** Characters [from, to) of the text that are replaced. */
  readonly from: number
  readonly to: number
}

export interface Completion {
  /** What it is called in the list. */
  readonly label: string
  /** What is put into the text. */
  readonly text: string
  readonly note: string
}

export const COMPLETIONS_MAX = 12
const STAGES: readonly (readonly [string, string])[] = [
  ['count', 'how many; also sum, avg, min, max, p95 of a field'],
  ['timechart', 'the same over time'],
  ['top', 'the most frequent values'],
  ['uniq', 'how many different values'],
  ['patterns', 'what the messages look like'],
  ['sort', 'another order'],
  ['limit', 'the first rows'],
  ['fields', 'some columns'],
]
const NAMES_FOLLOW = /\b(?:by|top(?:\s+\d+)?|uniq|sort|fields)\s+(?:[^|]*,\s*)?-?$/
const OWN_FIELDS = ['level', 'service', 'host', 'message', 'file', 'trace_id', 'span_id', 'time']

/** null = nothing can be offered here. */
export function placeAt(text: string, caret: number): CompletionPlace | null {
  const before = text.slice(0, caret)
  const bar = lastBar(before)
  if (bar >= 0) return stagePlace(before, bar, caret)
  const valueMatch =
    /(?:^|[\s(!-])([^\s":()|!-][^\s":()|]*):(?:\(\s*)?(=|[<>]=?)?("?)([^"()|]*)$/.exec(before)
  if (valueMatch !== null) {
    const [, field = '', , quote = '', part = ''] = valueMatch
    if (quote !== '' || !/\s/.test(part))
      return {
        wish: { kind: 'value', field, part },
        from: caret - part.length - quote.length,
        to: caret,
      }
  }
  if (isQuoted(before)) return null
  const word = /(?:^|[\s(!-])([^\s":()|!-][^\s":()|]*)?$/.exec(before)
  if (word === null) return null
  const part = word[1] ?? ''
  return {
    wish: { kind: 'field', part, isBare: false },
    from: caret - part.length,
    to: caret + (/^[^\s":()|]*:?/.exec(text.slice(caret))?.[0].length ?? 0),
  }
}

function stagePlace(before: string, bar: number, caret: number): CompletionPlace | null {
  const stage = before.slice(bar + 1)
  const part = /[^\s,|()]*$/.exec(stage)?.[0] ?? ''
  const head = stage.slice(0, stage.length - part.length)
  const place = { from: caret - part.length, to: caret }
  const clean = part.replace(/^-/, '')
  const names = { from: caret - clean.length, to: caret }
  if (head.trim() === '') return { wish: { kind: 'stage', part }, ...place }
  if (head.endsWith('(') || NAMES_FOLLOW.test(head))
    return { wish: { kind: 'field', part: clean, isBare: true }, ...names }
  if (/^\s*(?:count|timechart)\b/.test(head) || /,\s*$/.test(head))
    return { wish: { kind: 'function', part }, ...place }
  return null
}

/** The last bar that is none of a phrase or a regular expression; -1 = none. */
function lastBar(text: string): number {
  let quoted = false
  let bar = -1
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') quoted = !quoted
    else if (text[at] === '|' && !quoted && !isInRegex(text, at)) bar = at
  }
  return bar
}

function isInRegex(text: string, at: number): boolean {
  return /(?:^|[\s:(])\/(?:[^/\\\s]|\\.)*$/.test(text.slice(0, at))
}

function isQuoted(text: string): boolean {
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') quoted = !quoted
  }
  return quoted
}

export interface KnownName {
  readonly name: string
  readonly note: string
}

/** Names that begin so stand before those that have it elsewhere. */
export function nameCompletions(
  { part, isBare }: { readonly part: string; readonly isBare: boolean },
  fields: readonly KnownName[],
): readonly Completion[] {
  const known = new Map(fields.map(field => [field.name, field.note]))
  for (const name of OWN_FIELDS) if (!known.has(name)) known.set(name, '')
  return ranked([...known.keys()], part).map(name => {
    const text = printQuery({ terms: [{ type: 'exists', field: name }] }).slice(0, -1)
    return { label: name, text: isBare ? text.slice(0, -1) : text, note: known.get(name) ?? '' }
  })
}

export function valueCompletions(
  part: string,
  field: string,
  values: readonly KnownName[],
): readonly Completion[] {
  const known = new Map(values.map(value => [value.name, value.note]))
  if (field === 'level') for (const level of LEVELS) if (!known.has(level)) known.set(level, '')
  return ranked(
    [...known.keys()].filter(name => name !== ''),
    part,
  ).map(name => {
    const term = printQuery({ terms: [{ type: 'field', field: 'x', value: name }] })
    return { label: name, text: `${term.slice(2)} `, note: known.get(name) ?? '' }
  })
}

export function stageCompletions(part: string): readonly Completion[] {
  return STAGES.filter(([name]) => name.startsWith(part.toLowerCase())).map(([name, note]) => ({
    label: name,
    text: `${name} `,
    note,
  }))
}

export function functionCompletions(part: string): readonly Completion[] {
  const wanted = part.toLowerCase()
  const functions = NUMBER_FUNCTIONS.map(name => ({
    label: `${name}(…)`,
    text: `${name}(`,
    note: 'of a numeric field',
  }))
  const words = [
    { label: 'count', text: 'count ', note: 'how many' },
    { label: 'by', text: 'by ', note: 'for each value of a field' },
  ]
  return [...words, ...functions].filter(({ label }) => label.startsWith(wanted))
}

/** The text with the completion in it, and where the caret stands then. */
export function complete(
  text: string,
  { from, to }: CompletionPlace,
  completion: Completion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(to)
  const put = rest.startsWith(' ') ? completion.text.trimEnd() : completion.text
  const caret = from + put.length + (put === completion.text ? 0 : 1)
  return { text: `${text.slice(0, from)}${put}${rest}`, caret }
}

function ranked(names: readonly string[], part: string): readonly string[] {
  const wanted = part.toLowerCase()
  const place = (name: string): number => name.toLowerCase().indexOf(wanted)
  return names
    .filter(name => place(name) >= 0)
    .toSorted((a, b) => Math.sign(place(a)) - Math.sign(place(b)))
    .slice(0, COMPLETIONS_MAX)
}
