/**
 * `POST /ingest/batch`: one batch of an SDK that cannot use the stream. The same bytes, numbers and
 * answers, so that changing the transport doubles nothing.
 */
import assert from 'node:assert/strict'
import { type BatchBytes, NO_BATCH } from '#actors/commit-log/commit-log.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, jsonText, retryAfterSeconds } from '#actors/http/problem.ts'
import { PROBLEM_STATUS } from '#actors/http/problem-codes.ts'
import type { ProvenBatch } from '#actors/processing/prove-batch.ts'
import type { ThrottleReason } from '#actors/project/ingest-meter.ts'
import type { OfferOutcome } from '#actors/project/project.ts'
import { batchAnswerJson, type HttpBatchAnswer } from '#proto/batch-answer.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_MESSAGE_BYTES_MAX,
  EPOCH_MAX,
  REJECTED_TOLD_MAX,
  SCHEMA_HIGHEST,
  SEQUENCE_MAX,
} from '#proto/limits.ts'
import { admitSender } from './admit-sender.ts'
import { type BatchOrigin, offerOfProven } from './batch-envelope.ts'
import { INGEST_BATCH_ABOUT } from './ingest-about.ts'
import type { IngestDeps } from './ingest-stream.ts'
import { offerTo } from './offer-to.ts'
import { producerOfSender } from './producer-id.ts'
import { prove } from './prove.ts'
import { keepRefused } from './refused-batch.ts'
import { tooLarge } from './stream-session.ts'
import { REFUSALS } from './unavailable.ts'

/** When there was no room, it comes back soon. */
const NO_ROOM_RETRY_MS = 100
/** A task that failed by a bug is tried again, but not at once. */
const FAILED_RETRY_MS = 1_000

export function ingestBatchRoute(deps: IngestDeps): Route {
  return {
    method: 'POST',
    path: '/ingest/batch',
    bodyBytesMax: BATCH_MESSAGE_BYTES_MAX,
    handle: request => ingestBatch(request, deps),
    about: INGEST_BATCH_ABOUT,
  }
}

interface Numbers {
  readonly producer: bigint
  readonly epoch: number
  readonly sequence: number
  readonly firstUnacked: number
  readonly schema: number
}

/** Who sends, and what; with the time at which it was here whole. */
interface Sent {
  readonly origin: BatchOrigin
  readonly firstUnacked: number
  readonly receivedMs: number
}

async function ingestBatch(request: HttpRequest, deps: IngestDeps): Promise<HttpAnswer> {
  const { peer } = request
  const sender = await admitSender(request, deps)
  const { key } = sender
  const { firstUnacked, ...numbers } = readNumbers(request, key.projectId)
  const body = await sender.body()
  const receivedMs = deps.clock.monotonicMs()
  const sent = { origin: { key, peer, ...numbers }, firstUnacked, receivedMs }
  if (body.length > BATCH_BYTES_MAX) return store(sent, NO_BATCH, tooLarge(body.length), deps)
  const batch = deps.arena.copy(body)
  if (batch === null) return throttle(deps, numbers.sequence, NO_ROOM_RETRY_MS)
  try {
    const { schema } = numbers
    const proof = await prove(batch, { schema, recordSchema: key.recordSchema }, deps)
    if (proof.type === 'sound' || proof.type === 'invalid')
      return await store(sent, batch, proof, deps)
    const retryAfterMs = proof.type === 'busy' ? NO_ROOM_RETRY_MS : FAILED_RETRY_MS
    return throttle(deps, numbers.sequence, retryAfterMs)
  } finally {
    batch.release()
  }
}

async function store(
  { origin, firstUnacked, receivedMs }: Sent,
  batch: BatchBytes,
  proof: ProvenBatch,
  deps: IngestDeps,
): Promise<HttpAnswer> {
  const { projects, meter, clock, letters } = deps
  const { key, sequence } = origin
  const outcome = await offerTo(projects(key.projectId), {
    source: { type: 'single', firstUnacked },
    offers: [offerOfProven(origin, proof, batch)],
    limits: key,
  })
  if (outcome === 'full') return throttle(deps, sequence, NO_ROOM_RETRY_MS)
  keepRefused(letters, key.projectId, { proof, batch }, outcome)
  const refusal = refusalOf(outcome, sequence)
  if (refusal !== null) return refusal
  if (proof.type === 'invalid') {
    meter.batchesRejected++
    return answer(200, { type: 'reject', sequence, reason: proof.reason })
  }
  meter.acknowledged(clock.monotonicMs() - receivedMs)
  const rejected = proof.rejected.slice(0, REJECTED_TOLD_MAX)
  return answer(200, { type: 'ack', sequence, rejectedCount: proof.rejected.length, rejected })
}

/** null = it is durable. */
function refusalOf(outcome: OfferOutcome, sequence: number): HttpAnswer | null {
  switch (outcome.type) {
    case 'over-quota':
      return throttled(sequence, 'over-quota', outcome.retryAfterMs)
    case 'out-of-turn': {
      const { fromSequence } = outcome
      const reason = 'an earlier batch has to come first'
      return answer(409, { type: 'throttle', fromSequence, retryAfterMs: 0, reason })
    }
    case 'epoch-expired':
      return answer(409, { type: 'epoch_expired' })
    case 'lost':
      return throttled(sequence, 'overloaded', FAILED_RETRY_MS)
    case 'settled':
      break
  }
  const [appended] = outcome.outcomes
  assert(appended !== undefined && appended.type !== 'conflict', 'one batch has one outcome')
  if (appended.type === 'stale-epoch') return answer(409, { type: 'epoch_expired' })
  if (appended.type === 'durable') return null
  return throttled(sequence, appended.reason, appended.retryAfterMs)
}

function throttle({ meter }: IngestDeps, sequence: number, retryAfterMs: number): HttpAnswer {
  meter.throttle('overloaded')
  return throttled(sequence, 'overloaded', retryAfterMs)
}

function throttled(sequence: number, reason: ThrottleReason, retryAfterMs: number): HttpAnswer {
  const told = { type: 'throttle', fromSequence: sequence, retryAfterMs, reason } as const
  const { status, headers = [], body } = answer(PROBLEM_STATUS[REFUSALS[reason].code], told)
  const retryAfter = ['retry-after', retryAfterSeconds(retryAfterMs)] as const
  return { status, headers: [...headers, retryAfter], body: body ?? '' }
}

function answer(status: number, batchAnswer: HttpBatchAnswer): HttpAnswer {
  return jsonText(status, batchAnswerJson(batchAnswer))
}

function readNumbers(request: HttpRequest, projectId: string): Numbers {
  const whole = (name: string, min: number, max: number): number =>
    Number(readWhole(request, name, { min: BigInt(min), max: BigInt(max) }))
  const claimed = readWhole(request, 'logboy-producer', { min: 1n, max: (1n << 63n) - 1n })
  return {
    producer: producerOfSender(projectId, claimed),
    epoch: whole('logboy-epoch', 0, EPOCH_MAX),
    sequence: whole('logboy-sequence', 1, SEQUENCE_MAX),
    firstUnacked: whole('logboy-first-unacked', 1, SEQUENCE_MAX),
    schema: whole('logboy-schema', 1, SCHEMA_HIGHEST),
  }
}

interface Range {
  readonly min: bigint
  readonly max: bigint
}

function readWhole(request: HttpRequest, name: string, { min, max }: Range): bigint {
  const text = request.header(name) ?? ''
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n
  if (value >= min && value <= max) return value
  const detail = `the header ${name} has to be a whole number from ${min} to ${max}`
  throw new HttpProblem('LOGBOY_BAD_HEADER', detail)
}
