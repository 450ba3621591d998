/** Dead letters of a project: looked at, repaired, replayed and deleted. */
import { isUtf8 } from 'node:buffer'
import { z } from 'zod/v4'
import type { Catalog } from '#actors/catalog/catalog.ts'
import {
  type DeadLetter,
  type DeadLetterNote,
  type DeadLetters,
  LETTER_SOURCES,
} from '#actors/commit-log/dead-letters/dead-letters.ts'
import type { LetterBox } from '#actors/commit-log/dead-letters/letter-box.ts'
import type { LetterReplay } from '#actors/gateway/letter-replay.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import type { DeadLetterSummary, DeadLettersReplayed } from '#proto/people.ts'
import { formatTime } from '#proto/time.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { answerOf, type EndpointDeps, endpoint } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { time } from './shapes.ts'

export interface DeadLetterDeps extends EndpointDeps {
  readonly catalog: Pick<Catalog, 'project' | 'recordSchema'>
  readonly deadLetters: DeadLetters
  readonly letterBox: Pick<LetterBox, 'flush' | 'countAgain'>
  readonly replay: Pick<LetterReplay, 'replay' | 'replayRecords'>
  /** Prints batches. */
  readonly pool: Pick<TaskPool, 'run'>
}

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 500
/** Each is taken in on its own, one after the other. */
const REPLAYED_MAX = 100
const DELETED_MAX = 1_000

const id = z.string().max(100)
const listQuery = z.strictObject({
  source: z.enum(LETTER_SOURCES).optional(),
  reason: z.string().max(1_000).optional().describe('part of the reason, in any case'),
  after: id.optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
})
const replayBody = z.union([
  z.strictObject({ ids: z.array(id).min(1).max(REPLAYED_MAX) }),
  z.strictObject({ id, records: z.string().min(1).describe('JSON in place of what is kept') }),
])
const deleteBody = z.strictObject({ ids: z.array(id).min(1).max(DELETED_MAX) })

const letter = z
  .strictObject({
    id: z.string(),
    at: time,
    source: z.enum(LETTER_SOURCES).describe('which part refused it or gave it up'),
    reason: z.string(),
    bytes: z.number().int().min(0),
  })
  .meta({ id: 'DeadLetter' })
const contents = letter.extend({
  text: z.string().nullable().describe('null where it is no UTF-8'),
  base64: z.string(),
  records: z.string().nullable().describe('NDJSON that a replay would send; null = nothing'),
})
const replayed = z.strictObject({
  accepted: z.number().int().min(0).describe('records that are durable now'),
  rejected: z
    .array(z.strictObject({ letter: z.string(), index: z.number().int(), reason: z.string() }))
    .describe('their letters stay as they are'),
})

export function deadLetterRoutes(deps: DeadLetterDeps): Route[] {
  const shared = { tag: 'projects', who: 'member', needs: 'settings' } as const
  const parts = { id: 'id of the project' }
  const letters = new ProjectLetters(deps)
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects/:id/dead-letters',
      parts,
      summary: 'What was refused or could not be stored, newest first.',
      query: listQuery,
      answers: {
        200: answerOf(
          'Letters without their contents.',
          z.strictObject({ letters: z.array(letter), next: z.string().nullable() }),
        ),
      },
      async handle({ project, query }) {
        await deps.letterBox.flush()
        const asked = { ...query, projectId: project.id, newestFirst: true }
        const found = await deps.deadLetters.list({ ...asked, limit: query.limit + 1 })
        const page = found.slice(0, query.limit)
        const next = found.length > page.length ? (page.at(-1)?.id ?? null) : null
        return json(200, { letters: page.map(summaryOf), next })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects/:id/dead-letters/:letter',
      parts: { ...parts, letter: 'id of the letter' },
      problems: ['LOGBOY_NOT_FOUND'],
      summary: 'A letter with its contents.',
      answers: { 200: answerOf('The letter.', contents) },
      async handle({ project, part }) {
        const found = await letters.existing(project.id, part('letter'))
        const { bytes } = found
        const text = textOf(bytes)
        return json(200, {
          ...summaryOf({ ...found, id: part('letter'), length: bytes.length }),
          text,
          base64: Buffer.from(bytes).toString('base64'),
          records: await recordsOf(found, text, deps),
        })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/dead-letters/replay',
      parts,
      problems: [
        'LOGBOY_NOT_FOUND',
        'LOGBOY_CONFLICT',
        'LOGBOY_OVER_QUOTA',
        'LOGBOY_OVERLOADED',
        'LOGBOY_LOG_AWAY',
        'LOGBOY_DISK_FULL',
        'LOGBOY_DISK_FAILED',
        'LOGBOY_STOPPING',
      ],
      summary: 'Takes letters in again, as they are or repaired.',
      description:
        'All records of a letter or none. Once they are durable the letter is deleted; repeated ' +
        'after a crash within 24 hours, a replay stores nothing twice.',
      body: replayBody,
      bodyBytesMax: BODY_BYTES_MAX,
      answers: { 200: answerOf('What was taken, and what would not be.', replayed) },
      async handle({ project: { id: projectId }, body }) {
        const repaired = 'records' in body ? body.records : null
        const ids = 'ids' in body ? [...new Set(body.ids)] : [body.id]
        return json(200, await letters.replay(projectId, ids, repaired))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/dead-letters/delete',
      parts,
      summary: 'Deletes letters for good.',
      body: deleteBody,
      answers: {
        200: answerOf('How many there were.', z.strictObject({ deleted: z.number().int().min(0) })),
      },
      async handle({ project, body }) {
        return json(200, { deleted: await letters.delete(project.id, body.ids) })
      },
    }),
  ]
}

/** The letters of all projects, asked for by one of them. */
class ProjectLetters {
  readonly #deps: DeadLetterDeps

  constructor(deps: DeadLetterDeps) {
    this.#deps = deps
  }

  /** The same answer for another project's letter and for none. */
  async existing(projectId: string, id: string): Promise<DeadLetter> {
    const found = await this.#deps.deadLetters.read(id)
    if (found !== null && found.projectId === projectId) return found
    throw new HttpProblem('LOGBOY_NOT_FOUND', `the project has no dead letter ${id}`)
  }

  async replay(
    projectId: string,
    ids: readonly string[],
    repaired: string | null,
  ): Promise<DeadLettersReplayed> {
    const { replay, catalog } = this.#deps
    const found: DeadLetter[] = []
    for (const id of ids) found.push(await this.existing(projectId, id))
    const { time_zone: timeZone, ...limits } = await existingProject(projectId, catalog)
    const recordsPerSecond = limits.records_per_second
    const bytesPerSecond = limits.bytes_per_second
    const recordSchema = await catalog.recordSchema(projectId)
    const project = { projectId, timeZone, recordsPerSecond, bytesPerSecond, recordSchema }
    let accepted = 0
    const rejected: DeadLettersReplayed['rejected'][number][] = []
    for (const [index, letter] of ids.entries()) {
      const outcome =
        repaired === null
          ? await replay.replay(project, letter, found[index] as DeadLetter)
          : await replay.replayRecords(project, letter, Buffer.from(repaired))
      accepted += outcome.accepted
      rejected.push(...outcome.rejected.map(each => ({ letter, ...each })))
      if (outcome.rejected.length === 0) await this.delete(projectId, [letter])
    }
    return { accepted, rejected }
  }

  async delete(projectId: string, ids: readonly string[]): Promise<number> {
    const { deadLetters, letterBox } = this.#deps
    const notes = await deadLetters.list({ projectId, limit: Number.POSITIVE_INFINITY })
    const own = new Set(notes.map(({ id }) => id))
    const deleted = await deadLetters.delete([...new Set(ids)].filter(id => own.has(id)))
    letterBox.countAgain()
    return deleted
  }
}

function summaryOf({ id, atUs, source, reason, length }: DeadLetterNote): DeadLetterSummary {
  return { id, at: formatTime(atUs, 0), source, reason, bytes: length }
}

function textOf(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? Buffer.from(bytes).toString() : null
}

async function recordsOf(
  { source, bytes }: DeadLetter,
  text: string | null,
  { pool }: DeadLetterDeps,
): Promise<string | null> {
  if (source === 'ingest' || source === 'sdk') return text
  return source === 'store' ? pool.run<string | null>('letter-records', { bytes }) : null
}
