/** Keys of a project: made, limited, replaced, revoked. */
import { z } from 'zod/v4'
import type { Catalog, NewKey } from '#actors/catalog/catalog.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { mintKey, mintSigningKey } from '#actors/identity/project-key.ts'
import type { SigningSecrets } from '#actors/identity/signing-secrets.ts'
import type { KeyKind, KeyScope, ProjectKey, ProjectKeyCreated } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { demandExpected } from './expected.ts'
import { key, nameText, quota } from './shapes.ts'

export interface KeyDeps extends EndpointDeps {
  readonly catalog: Catalog
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly signingSecrets: Pick<SigningSecrets, 'seal'>
  readonly clock: Clock
  readonly random: Random
}

const SECONDS_MAX = 1e9
const OVERLAP_SECONDS_MAX = 90 * 86_400
const OVERLAP_SECONDS = 86_400

const expiresIn = z.number().int().min(1).max(SECONDS_MAX).describe('seconds from now')
const limits = {
  records_per_second: quota.describe('of this key alone; 0 = only those of the project'),
  bytes_per_second: quota,
}
const keyBody = z.strictObject({
  name: nameText.default('key'),
  kind: z
    .enum(['bearer', 'signing'])
    .default('bearer')
    .describe('a signing key is never sent; it can only ingest'),
  scopes: z
    .array(z.enum(['ingest', 'read']))
    .min(1)
    .default(['ingest']),
  expires_in: expiresIn.optional(),
  records_per_second: limits.records_per_second.default(0),
  bytes_per_second: limits.bytes_per_second.default(0),
})
const changeBody = z.strictObject({
  name: nameText.optional(),
  records_per_second: limits.records_per_second.optional(),
  bytes_per_second: limits.bytes_per_second.optional(),
  expires_in: expiresIn.nullable().optional().describe('seconds from now; null = never'),
})
const expectedKey = changeBody
  .omit({ expires_in: true })
  .describe('as the caller read it: where it is something else by now, nothing is changed')
const rotateBody = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(OVERLAP_SECONDS_MAX)
    .default(OVERLAP_SECONDS)
    .describe('how long the old key is good beside the new one'),
  expires_in: expiresIn.optional(),
})
const keyCreated = key.extend({ key: z.string().describe('a signing key: the secret') })

export function keyRoutes(deps: KeyDeps): Route[] {
  const { catalog, keys, clock } = deps
  const parts = { id: 'id of the project' }
  const shared = { tag: 'projects', who: 'member', needs: 'keys', parts } as const
  const ofKey = {
    ...shared,
    parts: { ...parts, key: 'id of the key' },
    problems: ['LOGBOY_NOT_FOUND'],
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects/:id/keys',
      summary: 'Keys of a project, without their secrets.',
      answers: { 200: answerOf('Keys.', z.strictObject({ keys: z.array(key) })) },
      async handle({ project: { id } }) {
        return json(200, { keys: await catalog.keys(id) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/keys',
      summary: 'Makes a key.',
      body: keyBody,
      answers: { 201: answerOf('The key; its text is told this once.', keyCreated) },
      async handle({ project: { id }, body }) {
        if (body.kind === 'signing' && body.scopes.includes('read')) {
          throw new HttpProblem('LOGBOY_BAD_REQUEST', 'scopes: a signing key can only ingest')
        }
        const { stored, created } = newKey(id, wishOf(body), deps)
        await catalog.createKey(stored)
        return json(201, created)
      },
    }),
    endpoint(deps, {
      ...ofKey,
      method: 'PATCH',
      path: '/api/v1/projects/:id/keys/:key',
      summary: 'Changes what is named of a key, within a second also for open streams.',
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      body: changeBody.extend({ expected: expectedKey.optional() }),
      answers: { 200: answerOf('The key.', key) },
      async handle({ project: { id }, part, body: { expires_in: seconds, expected, ...wish } }) {
        const nowUs = clock.nowUs()
        const expiresAtUs = seconds === undefined ? undefined : expiryOf(seconds, nowUs)
        const isGood = await catalog.updateKey(id, part('key'), { ...wish, expiresAtUs }, now =>
          demandExpected(expected, now),
        )
        if (!isGood) throw noKey(part('key'))
        await keys.refresh()
        return json(200, await existingKey(id, part('key'), catalog))
      },
    }),
    endpoint(deps, {
      ...ofKey,
      method: 'POST',
      path: '/api/v1/projects/:id/keys/:key/rotate',
      summary: 'Makes a key in place of another, which stays good for a while.',
      description: 'The new one has the name, kind, scopes and limits of the old one.',
      body: rotateBody,
      answers: { 201: answerOf('The new key; its text is told this once.', keyCreated) },
      async handle({ project: { id }, part, body: { overlap_seconds: overlap, expires_in } }) {
        const old = await existingKey(id, part('key'), catalog)
        const { stored, created } = newKey(id, { ...old, expires_in }, deps)
        const untilUs = stored.createdAtUs + overlap * 1_000_000
        if (!(await catalog.rotateKey(old.id, stored, untilUs))) throw noKey(old.id)
        await keys.refresh()
        return json(201, created)
      },
    }),
    endpoint(deps, {
      ...ofKey,
      method: 'DELETE',
      path: '/api/v1/projects/:id/keys/:key',
      summary: 'Revokes a key; what it opened ends.',
      answers: { 204: NO_CONTENT },
      async handle({ project: { id }, part }) {
        if (!(await catalog.revokeKey(id, part('key'), clock.nowUs()))) throw noKey(part('key'))
        await keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}

interface KeyWish {
  readonly name: string
  readonly kind: KeyKind
  readonly scopes: readonly KeyScope[]
  readonly records_per_second: number
  readonly bytes_per_second: number
  readonly expires_in?: number | undefined
}

function wishOf(body: z.output<typeof keyBody>): KeyWish {
  return body.kind === 'signing' ? { ...body, scopes: ['ingest'] } : body
}

/** The whole key is in `created` and nowhere else. */
export function newKey(
  projectId: string,
  wish: KeyWish,
  { clock, random, signingSecrets }: Pick<KeyDeps, 'clock' | 'random' | 'signingSecrets'>,
): { readonly stored: NewKey; readonly created: ProjectKeyCreated } {
  const { name, kind, records_per_second, bytes_per_second, expires_in: seconds = null } = wish
  const { id, text, secretSha256 } = kind === 'signing' ? mintSigningKey(random) : mintKey(random)
  const sealedSecret = kind === 'signing' ? signingSecrets.seal(text) : null
  const createdAtUs = clock.nowUs()
  const expiresAtUs = expiryOf(seconds, createdAtUs)
  const scopes = [...new Set(wish.scopes)]
  const times = { createdAtUs, expiresAtUs }
  const own = { recordsPerSecond: records_per_second, bytesPerSecond: bytes_per_second }
  return {
    stored: { id, projectId, name, secretSha256, sealedSecret, scopes, ...times, ...own },
    created: {
      id,
      name,
      kind,
      scopes,
      created_at: formatTime(createdAtUs, 0),
      expires_at: expiresAtUs === null ? null : formatTime(expiresAtUs, 0),
      last_used_at: null,
      revoked_at: null,
      records_per_second,
      bytes_per_second,
      key: text,
    },
  }
}

function expiryOf(seconds: number | null, nowUs: number): number | null {
  return seconds === null ? null : nowUs + seconds * 1_000_000
}

async function existingKey(
  projectId: string,
  keyId: string,
  catalog: Pick<Catalog, 'keys'>,
): Promise<ProjectKey> {
  const found = (await catalog.keys(projectId)).find(({ id }) => id === keyId)
  if (found === undefined) throw noKey(keyId)
  return found
}

function noKey(keyId: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `the project has no key ${keyId} that is good`)
}
