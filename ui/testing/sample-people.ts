/** People, keys and dead letters to look at, for the pages that show them. */
import type { DeadLetterContents } from '#proto/people.ts'
import type { FakePeople } from './fake-people.ts'

const AT = '2026-11-20T09:30:00Z'
const LATER = '2027-02-20T09:30:00Z'

/** Fills a project as it would be after some weeks; ada@example.com administers everything. */
export function fillPeople(people: FakePeople, projectId: string): void {
  const ada = people.addPerson('Ada', { administrator: true })
  const grace = people.addPerson('Grace')
  const linus = people.addPerson('Linus')
  people.addMember(projectId, ada, 'owner')
  people.addMember(projectId, grace, 'editor')
  people.addMember(projectId, linus, 'on-call')
  const own = people.of(projectId)
  own.roles.push({ name: 'on-call', permissions: ['logs.read', 'alerts'], built_in: false })
  own.invitations.push({
    id: 'invitation-1',
    email: 'margaret@example.com',
    role: 'viewer',
    created_at: AT,
    expires_at: LATER,
    created_by: ada.id,
  })
  const never = { expires_at: null, last_used_at: null, revoked_at: null }
  const unlimited = { records_per_second: 0, bytes_per_second: 0 }
  const key = { created_at: AT, kind: 'bearer', ...never, ...unlimited } as const
  own.keys.push(
    { ...key, id: '2kwwhc268jqc', name: 'checkout', scopes: ['ingest'], last_used_at: AT },
    { ...key, id: '7hq2v04m1pxe', name: 'grafana', scopes: ['read'], expires_at: LATER },
    { ...key, id: 'qfgmwyy6qkca', name: 'edge', scopes: ['ingest'], kind: 'signing' },
    { ...key, id: '1c9s8d7f6g5h', name: 'old shipper', scopes: ['ingest'], revoked_at: AT },
  )
  own.letters.push(...letters())
  people.tokens.push({
    id: 'token-1',
    name: 'nightly report',
    created_at: AT,
    expires_at: LATER,
    last_used_at: AT,
  })
  for (const [at, action, detail] of [
    ['2026-11-29T01:12:09Z', 'logs.search', { query: 'level:error service:checkout', rows: 12 }],
    ['2026-11-29T01:10:44Z', 'key.create', { name: 'grafana', scopes: ['read'] }],
    ['2026-11-28T16:02:01Z', 'project.update', { retention_days: 90 }],
    ['2026-11-28T15:58:30Z', 'auth.login', {}],
  ] as const)
    people.audit.push({
      id: `${at} ${action}`,
      at,
      actor: ada.id,
      actor_name: ada.name,
      peer: '10.4.0.17',
      action,
      project: action === 'auth.login' ? null : projectId,
      detail,
    })
}

function letters(): DeadLetterContents[] {
  const samples: readonly (readonly [string, string, string, string | null])[] = [
    ['letter-1', 'ingest', 'message: longer than 1 MiB', '{"message":"…","service":"checkout"}'],
    [
      'letter-2',
      'ingest',
      'time: not a time: "yesterday"',
      '{"time":"yesterday","message":"paid","service":"checkout"}',
    ],
    ['letter-3', 'sdk-batch', 'a text is not UTF-8', null],
  ]
  return samples.map(([id, source, reason, records]) => ({
    id,
    at: AT,
    source,
    reason,
    bytes: records?.length ?? 48,
    text: records,
    base64: Buffer.from(records ?? '\xff\xfe broken').toString('base64'),
    records,
  }))
}
