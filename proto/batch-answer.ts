/** The answer of `POST /ingest/batch` as JSON: what the stream says, in the words of HTTP. */
import type { BatchAnswer, RejectedRecord } from './stream.ts'

/** The producer is unknown here; the sender opens a new epoch. */
export type HttpBatchAnswer = BatchAnswer | { readonly type: 'epoch_expired' }

export function batchAnswerJson(answer: HttpBatchAnswer): string {
  switch (answer.type) {
    case 'ack': {
      const { type, sequence, rejected } = answer
      return JSON.stringify({ type, sequence, rejected_count: answer.rejectedCount, rejected })
    }
    case 'throttle': {
      const { type, fromSequence, retryAfterMs, reason } = answer
      const from_sequence = fromSequence
      return JSON.stringify({ type, from_sequence, retry_after_ms: retryAfterMs, reason })
    }
    case 'reject':
    case 'new_epoch':
    case 'epoch_expired':
      return JSON.stringify(answer)
  }
}

/** Reads such an answer; null = not one of ours (a proxy's page, an older server's error). */
export function parseBatchAnswer(text: string): HttpBatchAnswer | null {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof body !== 'object' || body === null) return null
  const answer = read(new Map<string, unknown>(Object.entries(body)))
  const numbers = answer === null ? [] : Object.values(answer).filter(v => typeof v === 'number')
  return numbers.every(value => Number.isSafeInteger(value) && value >= 0) ? answer : null
}

type Fields = ReadonlyMap<string, unknown>

function number(fields: Fields, name: string): number {
  return Number(fields.get(name) ?? Number.NaN)
}

function word(fields: Fields, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

function read(fields: Fields): HttpBatchAnswer | null {
  const type = word(fields, 'type')
  const reason = word(fields, 'reason')
  if (type === 'ack') {
    const rejected = readRejected(fields.get('rejected'))
    const rejectedCount = Number(fields.get('rejected_count') ?? rejected.length)
    return { type, sequence: number(fields, 'sequence'), rejectedCount, rejected }
  }
  if (type === 'reject') return { type, sequence: number(fields, 'sequence'), reason }
  if (type === 'throttle') {
    const fromSequence = number(fields, 'from_sequence')
    return { type, fromSequence, retryAfterMs: number(fields, 'retry_after_ms'), reason }
  }
  if (type === 'new_epoch') return { type, after: number(fields, 'after') }
  return type === 'epoch_expired' ? { type } : null
}

function readRejected(list: unknown): RejectedRecord[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const fields = new Map<string, unknown>(Object.entries(item))
    return [{ index: number(fields, 'index'), reason: word(fields, 'reason') }]
  })
}
