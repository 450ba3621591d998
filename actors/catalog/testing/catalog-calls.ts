/**
 * One call of every method that the catalog and its parts have. The types see to it that a new
 * method is missed here: it does not compile until it has a call.
 */
import { PACED } from '../channel-outbox.ts'
import type { SqlCatalog } from '../sql-catalog.ts'
import { alertChange } from './alert-tests.ts'
import {
  ADA,
  ALERT_EDIT,
  AUDIT_ENTRY,
  account,
  alertRule,
  apiToken,
  BOB,
  CY,
  channel,
  checkpoint,
  DELIVERY,
  GROUP,
  invitation,
  KEY_SECRET,
  KEYED,
  KEYED_BODY,
  key,
  LEASE,
  member,
  NOW_US,
  OLD_TOKEN,
  PACE,
  PLACEMENT,
  project,
  RULE_FAULT,
  reset,
  SIGN_IN,
  SIGN_INS,
  SIGN_OUT,
  savedView,
  sealed,
  session,
  sha,
  signIn,
  silence,
  TOPIC,
  UNCOUNTED,
  WARM_UP,
} from './catalog-samples.ts'

type Calls<Part> = {
  readonly [Key in Exclude<keyof Part, 'close'> as Part[Key] extends (
    ...given: never[]
  ) => Promise<unknown>
    ? Key
    : never]: (part: Part) => Promise<unknown>
}

/** The nouns beside the catalog itself: whatever is no method. */
type PartName = {
  [Key in keyof SqlCatalog]: SqlCatalog[Key] extends (...given: never[]) => unknown ? never : Key
}[keyof SqlCatalog]

/** What the calls below find. */
export async function fill(catalog: SqlCatalog): Promise<void> {
  await catalog.createProject(project('project001'))
  await catalog.createProject(project('project002'))
  await catalog.createKey(key('keykeykey001'))
  await catalog.invitations.create(invitation('inviteinvit1'))
  await catalog.savedViews.create(savedView('viewviewvie1'))
  await catalog.createSession(session(OLD_TOKEN))
  await catalog.leases.acquire(LEASE.name, LEASE.holder, 60_000)
  await catalog.checkpoints.claim(GROUP, TOPIC, [0, 1], 'owner-1')
  await catalog.checkpoints.save(checkpoint(10))
  await catalog.partitions.of('project001', 4)
  await catalog.placements.place('project001', '2026-11-27', PLACEMENT)
  await catalog.keyedRequests.begin(KEYED, KEYED_BODY, NOW_US)
  await catalog.accounts.create(account(ADA, 'ada@example.org'))
  await catalog.accounts.create(account(BOB, 'bob@example.org'))
  await catalog.accounts.create(account(CY, 'cy@example.org'))
  await catalog.accounts.createReset(reset(OLD_TOKEN))
  await catalog.members.add(member(ADA))
  await catalog.members.add(member(BOB))
  await catalog.members.putRole('project001', 'auditor', ['logs.read'])
  for (const id of SIGN_INS) await catalog.signIns.open(signIn(id))
  await catalog.apiTokens.create(apiToken('tokentoken01'))
  await catalog.alertRules.create(ALERT_EDIT, [alertRule('rule01'), alertRule('rule02')], false)
  await catalog.silences.create(silence('silence001'))
  await catalog.alertChannels.create(channel('channel01'))
  await catalog.alertChannels.create(channel('channel02'))
}

const catalogCalls: Calls<SqlCatalog> = {
  projects: catalog => catalog.projects(),
  retentionsBehind: catalog => catalog.retentionsBehind('', 10),
  project: catalog => catalog.project('project001'),
  projectByName: catalog => catalog.projectByName('project project001'),
  createProject: catalog => catalog.createProject(project('project003')),
  updateProject: catalog => catalog.updateProject('project001', { retention_days: 7 }),
  deleteProject: catalog => catalog.deleteProject('project002', NOW_US),
  deletedProjects: catalog => catalog.deletedProjects(),
  forgetDeleted: catalog => catalog.forgetDeleted(['project009']),
  recordSchema: catalog => catalog.recordSchema('project001'),
  setRecordSchema: catalog => catalog.setRecordSchema('project001', '{"type":"object"}'),
  keys: catalog => catalog.keys('project001'),
  createKey: catalog => catalog.createKey(key('keykeykey002')),
  updateKey: catalog => catalog.updateKey('project001', 'keykeykey001', { bytes_per_second: 5 }),
  rotateKey: catalog => catalog.rotateKey('keykeykey001', key('keykeykey003'), NOW_US + 9),
  revokeKey: catalog => catalog.revokeKey('project001', 'keykeykey001', NOW_US),
  key: catalog => catalog.key('keykeykey001'),
  touchKeys: catalog => catalog.touchKeys(new Map([['keykeykey001', NOW_US]])),
  createSession: catalog => catalog.createSession(session(sha('another'))),
  session: catalog => catalog.session(OLD_TOKEN),
  deleteSession: catalog => catalog.deleteSession(OLD_TOKEN),
  version: catalog => catalog.version(),
  backup: catalog => catalog.backup(),
}

const partCalls: { readonly [Name in PartName]: Calls<SqlCatalog[Name]> } = {
  alertChannels: {
    list: channels => channels.list('project001'),
    find: channels => channels.find('project001', 'channel01'),
    create: channels => channels.create(channel('channel03')),
    update: channels => channels.update(channel('channel01')),
    delete: channels => channels.delete('project001', 'channel02'),
    note: channels => channels.note(DELIVERY),
    deliveries: channels => channels.deliveries('channel01', { before: null, limit: 10 }),
    tellAgain: channels => channels.tellAgain('channel01', DELIVERY.id, NOW_US),
    forgetDeliveries: channels => channels.forgetDeliveries(NOW_US),
  },
  channelOutbox: {
    take: outbox => outbox.take({ nowUs: NOW_US, againAtUs: NOW_US + 1, limit: 10 }),
    hold: outbox => outbox.hold([], { by: PACED, untilUs: NOW_US }),
    attempted: outbox => outbox.attempted(DELIVERY, null),
    paces: outbox => outbox.paces([PACE]),
    movePaces: outbox => outbox.movePaces([PACE], 'mark'),
  },
  alertFaults: {
    note: faults => faults.note(RULE_FAULT, NOW_US),
    take: faults => faults.take({ nowUs: NOW_US, againAtUs: NOW_US, limit: 5 }),
    told: faults => faults.told(RULE_FAULT),
  },
  silences: {
    list: silences => silences.list('project001', NOW_US),
    find: silences => silences.find('project001', 'silence001'),
    active: silences => silences.active(['project001'], NOW_US),
    create: silences => silences.create(silence('silence002')),
    update: silences => silences.update(silence('silence001'), NOW_US),
    end: silences => silences.end('project001', 'silence001', NOW_US),
    forget: silences => silences.forget(NOW_US),
  },
  leases: {
    acquire: leases => leases.acquire('another', 'a', 60_000),
    renew: leases => leases.renew(LEASE, 60_000),
    release: leases => leases.release(LEASE),
  },
  checkpoints: {
    claim: checkpoints => checkpoints.claim(GROUP, TOPIC, [0, 1, 2], 'owner-2'),
    save: checkpoints => checkpoints.save(checkpoint(20)),
    positions: checkpoints => checkpoints.positions(GROUP, TOPIC),
  },
  partitions: {
    of: partitions => partitions.of('project002', 4),
    assign: partitions => partitions.assign('project001', [1, 2]),
    all: partitions => partitions.all(),
  },
  placements: {
    place: placements => placements.place('project001', '2026-11-28', PLACEMENT),
    list: placements => placements.list(),
    inIndex: placements => placements.inIndex(PLACEMENT.index),
    shards: placements => placements.shards(),
    forget: placements => placements.forget(PLACEMENT.index),
  },
  invitations: {
    list: invitations => invitations.list('project001', NOW_US),
    create: invitations => invitations.create(invitation('inviteinvit2')),
    remove: invitations => invitations.remove('project001', 'inviteinvit1'),
    look: invitations => invitations.look(sha('inviteinvit1'), NOW_US),
    accept: invitations => invitations.accept(sha('inviteinvit1'), 'nobody000000', NOW_US),
  },
  savedViews: {
    list: views => views.list('project001', null),
    find: views => views.find('project001', 'viewviewvie1', null),
    create: views => views.create(savedView('viewviewvie2')),
    update: views =>
      views.update('project001', 'viewviewvie1', {
        ...savedView('viewviewvie1'),
        version: 1,
      }),
    remove: views => views.remove('project001', 'viewviewvie1'),
  },
  auditEntries: {
    add: entries => entries.add([AUDIT_ENTRY]),
    list: entries => entries.list({ limit: 5 }),
    prune: entries => entries.prune(NOW_US),
  },
  systemSettings: {
    read: settings => settings.read(),
    change: settings => settings.change({ audit_days: 7 }),
  },
  keyedRequests: {
    begin: requests => requests.begin({ ...KEYED, producer: 2n }, KEYED_BODY, NOW_US),
    store: requests => requests.store(KEYED, { chunk: 1, accepted: 3, rejected: [] }),
    find: requests => requests.find(KEYED, NOW_US),
    forget: requests => requests.forget(NOW_US + 2 * 86_400_000_000),
  },
  accounts: {
    list: accounts => accounts.list(),
    find: accounts => accounts.find(ADA),
    byEmail: accounts => accounts.byEmail('ada@example.org'),
    isEmpty: accounts => accounts.isEmpty(),
    create: accounts => accounts.create(account('accountdee01', 'dee@example.org')),
    update: accounts => accounts.update(CY, { disabled: true }, NOW_US),
    setPassword: accounts => accounts.setPassword(CY, 'another hash'),
    rehash: accounts => accounts.rehash(ADA, 'a hash', 'a newer hash'),
    createReset: accounts => accounts.createReset(reset(KEY_SECRET)),
    resetOf: accounts => accounts.resetOf(OLD_TOKEN, NOW_US),
    redeemReset: accounts => accounts.redeemReset(OLD_TOKEN, 'a third hash', NOW_US),
  },
  members: {
    access: members => members.access(ADA, 'project001'),
    accesses: members => members.accesses(ADA),
    list: members => members.list('project001'),
    add: members => members.add(member(CY, 'viewer')),
    change: members => members.change('project001', BOB, 'editor'),
    remove: members => members.remove('project001', BOB),
    roles: members => members.roles('project001'),
    putRole: members => members.putRole('project001', 'auditor', ['logs.read', 'archive']),
    removeRole: members => members.removeRole('project001', 'auditor'),
  },
  signIns: {
    open: signIns => signIns.open(signIn('another'.padEnd(24, '0'))),
    find: signIns => signIns.find(SIGN_IN),
    rotate: signIns => signIns.rotate(SIGN_IN, 1, NOW_US),
    end: signIns => signIns.end(SIGN_OUT),
    endAll: signIns => signIns.endAll(ADA),
  },
  apiTokens: {
    list: tokens => tokens.list(ADA),
    find: tokens => tokens.find('tokentoken01'),
    create: tokens => tokens.create(apiToken('tokentoken02')),
    end: tokens => tokens.end(ADA, 'tokentoken01'),
    touch: tokens => tokens.touch(new Map([['tokentoken01', NOW_US]])),
  },
  alertRules: {
    list: rules => rules.list('project001'),
    find: rules => rules.find('project001', 'rule01'),
    stamps: rules => rules.stamps(),
    create: rules => rules.create(ALERT_EDIT, [alertRule('rule03')], false),
    update: rules => rules.update(ALERT_EDIT, alertRule('rule01', 'renamed')),
    delete: rules => rules.delete(ALERT_EDIT, 'rule02'),
    noteBegun: rules => rules.noteBegun([{ id: 'rule01', version: 1 }]),
    hasBegun: rules => rules.hasBegun('project001'),
    noteWarmUp: rules => rules.noteWarmUp('rule01', 1, WARM_UP),
    noteUncounted: rules => rules.noteUncounted([UNCOUNTED]),
  },
  alertStates: {
    record: states => states.record([alertChange('project001', 'rule01')], 1),
    active: states => states.active('project001'),
    stamp: states => states.stamp('project001'),
    history: states => states.history('project001', { limit: 10, before: null, ruleId: null }),
    newest: states => states.newest(),
    since: states => states.since(['project001'], 0, 10),
    acknowledge: states =>
      states.acknowledge('project001', 1, { by: 'ada', note: null, atUs: NOW_US }),
    take: states =>
      states.take('log', { nowUs: NOW_US, againAtUs: NOW_US + 1, limit: 10, inOrder: true }),
    settled: states => states.settled('log', [1]),
    forget: states => states.forget(NOW_US),
  },
  installationKeys: {
    ensure: keys => keys.ensure(stored => (stored.length === 0 ? sealed('first') : null)),
  },
}

/** Changes that must not be made twice: when their outcome is unknown, that is told. */
export const ONCE: ReadonlySet<string> = new Set([
  'createProject',
  'updateProject',
  'setRecordSchema',
  'deleteProject',
  'createKey',
  'updateKey',
  'rotateKey',
  'revokeKey',
  'invitations.create',
  'invitations.remove',
  'invitations.accept',
  'savedViews.create',
  'savedViews.update',
  'savedViews.remove',
  'auditEntries.add',
  'systemSettings.change',
  'partitions.of',
  'partitions.assign',
  'accounts.create',
  'alertChannels.update',
  'alertChannels.delete',
  'silences.update',
  'silences.end',
  'alertRules.create',
  'alertRules.update',
  'alertRules.delete',
  'accounts.update',
  'accounts.setPassword',
  'accounts.redeemReset',
  'members.add',
  'members.change',
  'members.remove',
  'members.putRole',
  'members.removeRole',
  'signIns.open',
  'signIns.rotate',
  'signIns.end',
  'signIns.endAll',
  'apiTokens.create',
  'apiTokens.end',
  'installationKeys.ensure',
])

/** What they answer depends on when they are asked, or on whether it is for the second time. */
export const VARYING: ReadonlySet<string> = new Set([
  'version',
  'backup',
  'keyedRequests.forget',
  'alertStates.take',
  'auditEntries.prune',
  'auditEntries.list',
])

export interface CatalogCall {
  readonly name: string
  run(catalog: SqlCatalog): Promise<unknown>
}

export const CALLS: readonly CatalogCall[] = [
  ...callsOf('', catalogCalls, catalog => catalog),
  ...(Object.keys(partCalls) as PartName[]).flatMap(callsOfPart),
]

function callsOfPart<Name extends PartName>(name: Name): CatalogCall[] {
  return callsOf<SqlCatalog[Name]>(`${name}.`, partCalls[name], catalog => catalog[name])
}

function callsOf<Part>(
  prefix: string,
  calls: Readonly<Record<string, (part: Part) => Promise<unknown>>>,
  partOf: (catalog: SqlCatalog) => Part,
): CatalogCall[] {
  return Object.entries(calls).map(([name, call]) => ({
    name: `${prefix}${name}`,
    run: catalog => call(partOf(catalog)),
  }))
}
