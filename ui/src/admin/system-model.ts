/**
 * What `system/actors` says, as a tree and lists. Names and members of the parts may change from
 * version to version, so nothing is taken for granted here.
 */
import type { Observed } from '../api/installation.ts'
import { countText } from '../kit/number-text.ts'

export interface ActorLine {
  readonly address: string
  /** The last part of the address. */
  readonly name: string
  /** 0 = at the root. */
  readonly depth: number
  /** null of a branch that is no actor itself. */
  readonly state: string | null
  readonly mailbox: {
    readonly depth: number
    readonly capacity: number
    readonly accepted: number
  } | null
  readonly restarts: number | null
  readonly fault: string | null
}

export interface Part {
  readonly name: string
  readonly summary: string
  readonly facts: readonly (readonly [string, string])[]
}

/** Actors in the order of a tree; what stands between them has a line of its own. */
export function actorLines(observed: Observed): readonly ActorLine[] {
  const lines = new Map<string, ActorLine>()
  const list = Array.isArray(observed['actors']) ? (observed['actors'] as unknown[]) : []
  for (const actor of list) {
    if (!isRecord(actor) || typeof actor['address'] !== 'string') continue
    const parts = actor['address'].split('/')
    for (let depth = 0; depth < parts.length - 1; depth++) {
      const address = parts.slice(0, depth + 1).join('/')
      if (!lines.has(address)) lines.set(address, branch(address, parts[depth] ?? '', depth))
    }
    lines.set(actor['address'], lineOf(actor['address'], actor))
  }
  return [...lines.values()].sort((a, b) => compareAddresses(a.address, b.address))
}

/** The other parts, by name. */
export function partsOf(observed: Observed): readonly Part[] {
  return Object.entries(observed)
    .filter(([name]) => name !== 'actors' && name !== 'degraded')
    .map(([name, value]) => {
      const facts = flatten(value, '')
      return { name, summary: `${facts.length} facts`, facts }
    })
}

function lineOf(address: string, actor: Observed): ActorLine {
  const parts = address.split('/')
  const mailbox = actor['mailbox']
  const fault = actor['lastFault']
  return {
    ...branch(address, parts.at(-1) ?? address, parts.length - 1),
    state: textOf(actor['state']),
    mailbox: isRecord(mailbox)
      ? {
          depth: numberOf(mailbox['depth']),
          capacity: numberOf(mailbox['capacity']),
          accepted: numberOf(mailbox['accepted']),
        }
      : null,
    restarts: numberOf(actor['restarts']),
    fault: fault === null || fault === undefined ? null : factText(fault),
  }
}

function branch(address: string, name: string, depth: number): ActorLine {
  return { address, name, depth, state: null, mailbox: null, restarts: null, fault: null }
}

/** Part by part, so that children follow their parent. */
function compareAddresses(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at] ?? '').localeCompare(right[at] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

function flatten(value: unknown, path: string): (readonly [string, string])[] {
  if (!isRecord(value)) return [[path === '' ? 'value' : path, factText(value)]]
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(inner, path === '' ? name : `${path}.${name}`),
  )
}

function factText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? countText(value) : String(value)
  if (value === null || value === '') return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
