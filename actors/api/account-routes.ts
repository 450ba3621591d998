/** Accounts as administrators see them, and one's own name. */
import { z } from 'zod/v4'
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { type NewAccountDeps, newAccount } from '#actors/identity/new-account.ts'
import type { ResetLinks } from '#actors/identity/reset-links.ts'
import type { Account } from '#proto/people.ts'
import { answerOf, type EndpointDeps, endpoint } from './endpoint.ts'
import { email, personName } from './person-shapes.ts'
import { requireSignIn } from './require-sign-in.ts'
import { account } from './shapes.ts'

export interface AccountDeps extends EndpointDeps, NewAccountDeps {
  readonly accounts: Accounts
  readonly resets: ResetLinks
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
}

const UNGUESSABLE_BYTES = 32

const newBody = z.strictObject({
  email,
  name: personName,
  administrator: z.boolean().default(false),
})
const changeBody = z.strictObject({
  name: personName.optional(),
  administrator: z.boolean().optional(),
  disabled: z.boolean().optional().describe('signed out everywhere, and not let in'),
})
const withLink = z.strictObject({
  account,
  url: z.string().describe('sets the password, once, within an hour; told this once'),
})

export function accountRoutes(deps: AccountDeps): Route[] {
  const { accounts, resets } = deps
  const shared = { tag: 'accounts', who: 'administrator' } as const
  const ofAccount = { ...shared, parts: { id: 'id of the account' } } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/accounts',
      summary: 'All accounts, by email.',
      answers: { 200: answerOf('Accounts.', z.strictObject({ accounts: z.array(account) })) },
      handle: async () => json(200, { accounts: await accounts.list() }),
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/accounts',
      summary: 'Makes an account for somebody, with a link that sets its password.',
      body: newBody,
      answers: { 201: answerOf('The account, and the link.', withLink) },
      problems: ['LOGBOY_NAME_TAKEN', 'LOGBOY_OVERLOADED'],
      async handle({ body }) {
        const created = await createAccount(body, deps)
        return json(201, { account: created, url: await resets.create(created) })
      },
    }),
    endpoint(deps, {
      ...ofAccount,
      method: 'PATCH',
      path: '/api/v1/accounts/:id',
      summary: 'Changes what is named, and leaves the rest.',
      body: changeBody,
      answers: { 200: answerOf('The account.', account) },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ part, body }) {
        const { id } = await existing(part('id'), accounts)
        await accounts.update(id, body, deps.clock.nowUs())
        await deps.keys.refresh()
        return json(200, await existing(id, accounts))
      },
    }),
    endpoint(deps, {
      tag: 'accounts',
      who: 'person',
      method: 'PATCH',
      path: '/api/v1/account',
      summary: "Changes one's own name.",
      body: z.strictObject({ name: personName }),
      answers: { 200: answerOf('The account.', account) },
      async handle({ caller, body }) {
        const { id } = requireSignIn(caller).account
        await accounts.update(id, body, deps.clock.nowUs())
        await deps.keys.refresh()
        return json(200, await existing(id, accounts))
      },
    }),
    endpoint(deps, {
      ...ofAccount,
      method: 'POST',
      path: '/api/v1/accounts/:id/reset',
      summary: 'A link that sets the password of an account anew, to be handed to its person.',
      body: z.strictObject({}),
      answers: { 201: answerOf('The link.', withLink) },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ part }) {
        const found = await existing(part('id'), accounts)
        return json(201, { account: found, url: await resets.create(found) })
      },
    }),
  ]
}

async function existing(id: string, accounts: Pick<Accounts, 'find'>): Promise<Account> {
  const found = await accounts.find(id)
  if (found === null) throw new HttpProblem('LOGBOY_NOT_FOUND', `there is no account ${id}`)
  return found
}

/** Its password is nobody's until the link was used. */
async function createAccount(wish: z.output<typeof newBody>, deps: AccountDeps): Promise<Account> {
  const password = Buffer.from(deps.random.bytes(UNGUESSABLE_BYTES)).toString('base64url')
  const made = await newAccount({ ...wish, password }, deps)
  if ((await deps.accounts.create(made)) === 'done') return existing(made.id, deps.accounts)
  throw new HttpProblem('LOGBOY_NAME_TAKEN', `there is an account of ${wish.email}`)
}
