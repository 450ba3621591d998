/** People's own tokens for programs: they may do what their person may. */
import { z } from 'zod/v4'
import type { ApiTokens } from '#actors/catalog/api-tokens.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { mintApiToken } from '#actors/identity/api-token.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Account, ApiTokenCreated } from '#proto/people.ts'
import { formatTime } from '#proto/time.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import type { PersonCaller } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { expiresIn, personName } from './person-shapes.ts'
import { requireSignIn } from './require-sign-in.ts'
import { time } from './shapes.ts'

export interface TokenDeps extends EndpointDeps {
  readonly apiTokens: ApiTokens
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly clock: Clock
  readonly random: Random
}

/** Nobody keeps an eye on more. */
const TOKENS_MAX = 100

const tokenBody = z.strictObject({ name: personName, expires_in: expiresIn.optional() })
const apiToken = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable(),
  })
  .meta({ id: 'ApiToken' })

export function tokenRoutes(deps: TokenDeps): Route[] {
  const { apiTokens } = deps
  const shared = { tag: 'accounts', who: 'person' } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/tokens',
      summary: "One's own tokens, without their secrets.",
      answers: { 200: answerOf('Tokens.', z.strictObject({ tokens: z.array(apiToken) })) },
      handle: async ({ caller }) => json(200, { tokens: await apiTokens.list(ownerOf(caller).id) }),
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/tokens',
      summary: 'Makes a token that may do what its person may.',
      description: 'Only somebody signed in: a token makes no token.',
      body: tokenBody,
      answers: {
        201: answerOf(
          'The token; its text is told this once.',
          apiToken.extend({ token: z.string() }),
        ),
      },
      problems: ['LOGBOY_CONFLICT'],
      handle: async ({ caller, body }) =>
        json(201, await createToken(requireSignIn(caller).account, body, deps)),
    }),
    endpoint(deps, {
      ...shared,
      method: 'DELETE',
      path: '/api/v1/tokens/:id',
      summary: 'Ends a token; what it opened ends.',
      parts: { id: 'id of the token' },
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ caller, part }) {
        if (!(await apiTokens.end(ownerOf(caller).id, part('id')))) {
          throw new HttpProblem('LOGBOY_NOT_FOUND', `you have no token ${part('id')}`)
        }
        await deps.keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}

function ownerOf(caller: PersonCaller): Account {
  if (caller.type === 'person') return caller.account
  throw new HttpProblem('LOGBOY_FORBIDDEN', "the administrator's token has no account")
}

async function createToken(
  owner: Account,
  { name, expires_in: seconds }: z.output<typeof tokenBody>,
  { apiTokens, clock, random }: TokenDeps,
): Promise<ApiTokenCreated> {
  if ((await apiTokens.list(owner.id)).length >= TOKENS_MAX) {
    throw new HttpProblem('LOGBOY_CONFLICT', `at most ${TOKENS_MAX} tokens; end some first`)
  }
  const { id, text, secretSha256 } = mintApiToken(random)
  const createdAtUs = clock.nowUs()
  const expiresAtUs = seconds === undefined ? null : createdAtUs + seconds * 1_000_000
  await apiTokens.create({ id, accountId: owner.id, name, secretSha256, createdAtUs, expiresAtUs })
  return {
    id,
    name,
    created_at: formatTime(createdAtUs, 0),
    expires_at: expiresAtUs === null ? null : formatTime(expiresAtUs, 0),
    last_used_at: null,
    token: text,
  }
}
