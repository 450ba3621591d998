/**
 * Takes dead letters in again, through the same door as what comes from outside: all records of a
 * letter or none. A letter's id is its identity as an Idempotency-Key is a request's, so that a
 * replay that is repeated after a crash stores nothing twice.
 */
import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { DeadLetter } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { entryInLetter } from '#actors/commit-log/dead-letters/entry-letter.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import { UNLIMITED } from '#actors/project/sender-quotas.ts'
import { EnvelopeSchema, KeyedRequestSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { RejectedRecord } from '#proto/people.ts'
import { type DecodedRequest, decodeBody } from './decode-body.ts'
import { isStored } from './idempotency-key.ts'
import { offerTo } from './offer-to.ts'
import { producerOfLetter } from './producer-id.ts'
import { noRoom, RequestStore, type RequestStoreDeps, requireDurable } from './request-store.ts'

/** The project into which letters are replayed, with its limits. */
export type ReplayProject = Omit<VerifiedKey, 'keyId' | 'scopes' | 'own'>

export interface Replayed {
  readonly accepted: number
  /** Not empty = nothing was taken. */
  readonly rejected: readonly RejectedRecord[]
}

type Decoded = Pick<DecodedRequest, 'accepted' | 'chunks' | 'rejected'> & {
  readonly bodySha256: Uint8Array
}
const NOTHING = { accepted: 0, chunks: [], bodySha256: new Uint8Array() }

export class LetterReplay {
  readonly #deps: RequestStoreDeps
  readonly #store: RequestStore

  constructor(deps: RequestStoreDeps) {
    this.#deps = deps
    this.#store = new RequestStore(deps)
  }

  /** Throws what of a request would be thrown, and 409 for a letter with nothing to replay. */
  async replay(project: ReplayProject, id: string, letter: DeadLetter): Promise<Replayed> {
    switch (letter.source) {
      case 'ingest':
      case 'otlp':
      case 'sdk':
        return this.replayRecords(project, id, letter.bytes)
      case 'store':
        return this.#replayEntry(project, id, letter)
      case 'sdk-batch':
      case 'sdk-metrics':
      case 'commit-log':
        throw new HttpProblem('LOGBOY_CONFLICT', `letter ${id} has no records to replay`)
    }
  }

  /** JSON in place of what the letter has. */
  async replayRecords(project: ReplayProject, id: string, text: Uint8Array): Promise<Replayed> {
    const decoded = await this.#decode(text, project)
    if (decoded.rejected.length > 0) return { accepted: 0, rejected: decoded.rejected }
    const { accepted, chunks, bodySha256 } = decoded
    const keyed = { producer: producerOfLetter(project.projectId, id), bodySha256 }
    await this.#once(id, () =>
      this.#store.storeOnce(chunks, { key: keyOf(project), peer: '', keyed }),
    )
    return { accepted, rejected: [] }
  }

  async #decode(text: Uint8Array, { timeZone, recordSchema }: ReplayProject): Promise<Decoded> {
    const { pool, onFault } = this.#deps
    const how = {
      format: 'json',
      encoding: 'identity',
      hash: false,
      timeZone,
      recordSchema,
    } as const
    try {
      const bodySha256 = createHash('sha256').update(text).digest()
      const refused = (): void => undefined
      return {
        ...(await decodeBody(Uint8Array.from(text), { ...how, refused, pool, onFault })),
        bodySha256,
      }
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.code !== 'LOGBOY_BAD_BODY') throw error
      return { ...NOTHING, rejected: [{ index: 0, reason: error.message }] }
    }
  }

  /** A batch of the log as it is: nothing of it was wrong when it came. */
  async #replayEntry(project: ReplayProject, id: string, letter: DeadLetter): Promise<Replayed> {
    const { arena, log, projects } = this.#deps
    const { projectId } = project
    const { envelope: kept, batch } = entryInLetter(letter)
    const accepted = kept.recordCount - kept.rejected.length
    const producer = producerOfLetter(projectId, id)
    const bodySha256 = createHash('sha256').update(letter.bytes).digest()
    const request = create(KeyedRequestSchema, { bodySha256, chunk: 1, of: 1 })
    const numbers = { projectId, producer, epoch: 0, sequence: 1n, request }
    const envelope = create(EnvelopeSchema, { ...kept, ...numbers })
    const memory = arena.copy(batch)
    if (memory === null) throw noRoom(this.#deps)
    try {
      await this.#once(id, async () => {
        if (isStored(await log.answered(projectId, producer), bodySha256)) return
        const offers = [{ envelope, batch: memory }]
        const source = { type: 'request' } as const
        const outcome = await offerTo(projects(projectId), {
          source,
          offers,
          limits: keyOf(project),
        })
        if (outcome === 'full') throw noRoom(this.#deps)
        requireDurable(outcome, { keyed: { producer, bodySha256 } })
      })
    } finally {
      memory.release()
    }
    return { accepted, rejected: [] }
  }

  async #once(id: string, store: () => Promise<unknown>): Promise<void> {
    try {
      await store()
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.code !== 'LOGBOY_KEY_REUSED') throw error
      const detail = `letter ${id} was replayed with other records within the last 24 hours; delete it`
      throw new HttpProblem('LOGBOY_CONFLICT', detail)
    }
  }
}

function keyOf(project: ReplayProject): VerifiedKey {
  return { ...project, keyId: '', own: UNLIMITED, scopes: ['ingest'] }
}
