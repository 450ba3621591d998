/** A rule that cannot be evaluated is told to channels and owners, until somebody heard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UntoldFault } from '#actors/catalog/alert-faults.ts'
import { newChannel } from '#actors/catalog/testing/channel-tests.ts'
import type { Mail } from '#actors/mail/mailer.ts'
import type { Member } from '#proto/people.ts'
import { seededRandom } from '#runtime/index.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import { SealedSettings } from './channel-settings.ts'
import { faultTeller } from './fault-teller.ts'

const FAULT: UntoldFault = {
  ruleId: 'rule01',
  version: 3,
  message: 'query: no such operator',
  projectId: 'channels01',
  projectName: 'shop',
  rule: { name: 'errors', condition: '> 1', severity: 'critical' },
}

async function told({
  channels = [] as string[],
  isDown = false,
  type = 'mail' as 'mail' | 'printed',
} = {}) {
  const mails: Mail[] = []
  const settled: string[] = []
  const settings = new SealedSettings([Buffer.alloc(32, 7)], seededRandom(1))
  const member = (email: string, role: string): Member => ({
    account: { id: email, email, name: email },
    role,
    since: '',
  })
  const due = [FAULT]
  const actor = testActor(faultTeller, {
    faults: {
      take: async () => due.splice(0),
      told: async ({ ruleId, version }) => void settled.push(`${ruleId}@${version}`),
    },
    channels: {
      list: async () => [
        ...channels.map(to => {
          const sealed = settings.seal({ kind: 'email', to: [to] })
          return newChannel(to, { kind: 'email', sealed })
        }),
        newChannel('off', { enabled: false }),
      ],
    },
    members: {
      list: async () => [member('ada@a.example', 'owner'), member('bob@a.example', 'viewer')],
    },
    settings,
    mailer: {
      type,
      send: async mail => {
        if (isDown) throw new Error('no mail server')
        mails.push(mail)
      },
      close: () => undefined,
    },
    allowPrivate: false,
    publicUrl: () => 'https://logs.example',
    onFault: error => assert.fail(error),
  })
  await actor.settle()
  actor.kill()
  return { mails, settled }
}

test('each channel is told, whatever it asks of severity and labels, and each owner', async () => {
  const { mails, settled } = await told({ channels: ['ops@a.example', 'dev@a.example'] })
  assert.deepEqual(
    mails.map(({ to, subject }) => [to, subject]),
    [
      ['ops@a.example', 'FAULT: errors (shop)'],
      ['dev@a.example', 'FAULT: errors (shop)'],
      ['ada@a.example', 'FAULT: errors (shop)'],
    ],
  )
  assert.match(mails[0]?.text ?? '', /cannot be evaluated.*query: no such operator/)
  assert.deepEqual(settled, ['rule01@3'])
})

test('an owner whom a channel mails gets one, and none where mail does not leave', async () => {
  const receivers = async (options: Parameters<typeof told>[0]) =>
    (await told(options)).mails.map(({ to }) => to)
  assert.deepEqual(await receivers({ channels: ['Ada@a.example'] }), ['Ada@a.example'])
  const channels = ['ops@a.example']
  assert.deepEqual(await receivers({ channels, type: 'printed' }), channels)
  assert.deepEqual(await receivers({ type: 'printed' }), ['ada@a.example'])
})

test('where there is no channel, owners get a mail, and nobody else', async () => {
  const { mails, settled } = await told()
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['ada@a.example'],
  )
  assert.match(mails[0]?.text ?? '', /https:\/\/logs\.example\/alerts/)
  assert.deepEqual(settled, ['rule01@3'])
})

test('where nobody could be told, it stays due', async () => {
  assert.deepEqual((await told({ isDown: true })).settled, [])
})
