/** Rows as the calls of every method of the catalog write and find them. */
import { createHash } from 'node:crypto'
import { newChannel, newDelivery } from './channel-tests.ts'
import { newSilence } from './silence-tests.ts'

export const NOW_US = 1_795_000_000_000_000
export const sha = (text: string) => createHash('sha256').update(text).digest()
export const KEY_SECRET = sha('a secret')
export const OLD_TOKEN = sha('a token')
export const GROUP = 'logboy-store'
export const TOPIC = 'logboy.logs.v1'
export const LEASE = { name: 'scheduler', holder: 'a', fence: 1 }
export const KEYED = { projectId: 'project001', producer: 1n }
export const KEYED_BODY = { bodySha256: sha('a body'), of: 2 }
export const PLACEMENT = { index: 'logs-logboy.30d-2026.11', shards: 2, shared: true }

export const project = (id: string) => ({
  id,
  name: `project ${id}`,
  createdAtUs: NOW_US,
  retentionDays: 30,
  timeZone: 'UTC',
})
export const key = (id: string) => ({
  id,
  projectId: 'project001',
  name: 'deploy',
  secretSha256: KEY_SECRET,
  scopes: ['ingest' as const],
  createdAtUs: NOW_US,
  expiresAtUs: null,
})
export const session = (tokenSha256: Uint8Array) => ({
  tokenSha256,
  role: 'administrator' as const,
  createdAtUs: NOW_US,
  expiresAtUs: NOW_US + 1e12,
})
export const checkpoint = (position: number) => ({
  group: GROUP,
  topic: TOPIC,
  partition: 0,
  fence: 1,
  position,
  state: Buffer.from(`state at ${position}`),
})

export const account = (id: string, email: string) => ({
  id,
  email,
  name: 'Ada',
  passwordHash: 'a hash',
  administrator: false,
  createdAtUs: NOW_US,
})
export const ADA = 'accountada01'
export const BOB = 'accountbob01'
export const CY = 'accountcy001'
export const member = (accountId: string, role = 'owner') => ({
  projectId: 'project001',
  accountId,
  role,
  sinceUs: NOW_US,
})
export const signIn = (id: string) => ({
  id,
  accountId: ADA,
  generation: 1,
  rotatedAtUs: NOW_US,
  createdAtUs: NOW_US,
  expiresAtUs: NOW_US + 1e12,
})
export const SIGN_INS = ['signin', 'signout'].map(name => name.padEnd(24, '0'))
export const [SIGN_IN = '', SIGN_OUT = ''] = SIGN_INS
export const apiToken = (id: string) => ({
  id,
  accountId: ADA,
  name: 'ci',
  secretSha256: KEY_SECRET,
  createdAtUs: NOW_US,
  expiresAtUs: null,
})
export const reset = (tokenSha256: Uint8Array) => ({
  tokenSha256,
  accountId: BOB,
  createdAtUs: NOW_US,
  expiresAtUs: NOW_US + 1e12,
})
export const ALERT_EDIT = { projectId: 'project001', by: 'ada', atUs: NOW_US }
export const alertRule = (id: string, name = id) => ({ id, rule: { name, condition: '> 1' } })
export const channel = (id: string) => newChannel(id, { projectId: 'project001' })
export const WARM_UP = { samples: 3, needed: 24, groups: 1, warming: 1 }
export const UNCOUNTED = { id: 'rule01', version: 1, uncounted: { late: 1, leftOut: 0 } }
export const RULE_FAULT = { ruleId: 'rule01', version: 1, message: 'no' }
export const DELIVERY = newDelivery('channel01', [])
export const PACE = {
  channelId: 'channel01',
  group: 'g',
  toldAtUs: null,
  dueAtUs: NOW_US,
  version: 0,
}
export const silence = (id: string) => newSilence(id, { projectId: 'project001' })
export const sealed = (id: string) => ({ id, sealed: KEY_SECRET, createdAtUs: NOW_US })

export const invitation = (id: string) => ({
  id,
  projectId: 'project001',
  tokenSha256: sha(id),
  email: null,
  role: 'viewer',
  createdAtUs: NOW_US,
  expiresAtUs: NOW_US + 9,
  createdBy: null,
})
export const savedView = (id: string) => ({
  id,
  projectId: 'project001',
  name: id,
  address: 'query=a',
  shared: true,
  createdBy: null,
  atUs: NOW_US,
})
export const AUDIT_ENTRY = {
  atUs: NOW_US,
  actor: 'nobody',
  actorName: '',
  peer: '',
  action: 'auth.login',
  projectId: null,
  detail: {},
}
