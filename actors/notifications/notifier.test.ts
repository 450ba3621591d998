/** What comes of an attempt: when it is tried again, and when no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelTelling } from '#actors/catalog/channel-outbox.ts'
import { newChannel } from '#actors/catalog/testing/channel-tests.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import { seededRandom } from '#runtime/index.ts'
import { type TestActor, testActor } from '#runtime/testing/test-actor.ts'
import { SealedSettings } from './channel-settings.ts'
import { NO_FINDINGS } from './findings.ts'
import { type NotifierMessage, notifier } from './notifier.ts'

const settings = new SealedSettings([Buffer.alloc(32, 7)], seededRandom(1))
const sealed = settings.seal({ kind: 'email', to: ['ada@example.org'] })

/** Of an attempt after so many, what was written down, and in how many seconds it is due again. */
async function attempt(attempts: number, isDown: boolean) {
  const due: ChannelTelling[] = [
    {
      target: 'channel:c1',
      channel: newChannel('c1', { kind: 'email', sealed }),
      projectName: 'shop',
      entry: historyEntry(1),
      attempts,
      failures: attempts,
      reminder: 0,
      pacedUntilUs: null,
      toldAtUs: null,
    },
  ]
  const noted: { outcome: string; attempt: number; againS: number | null }[] = []
  const actor: TestActor<NotifierMessage> = testActor(notifier, {
    outbox: {
      take: async () => due.splice(0),
      hold: () => assert.fail('nothing holds it back'),
      attempted: async ({ outcome, attempt: n }, atUs) => {
        const againS = atUs === null ? null : (atUs - actor.clock.nowUs()) / 1_000_000
        noted.push({ outcome, attempt: n, againS })
      },
      paces: async () => [],
      movePaces: async () => [],
    },
    silences: { active: async () => [] },
    coordination: { claim: async () => true },
    settings,
    random: seededRandom(2),
    evidence: async () => ({ lines: [], findings: NO_FINDINGS }),
    link: () => 'https://logs.example',
    links: { of: () => null },
    mailer: {
      type: 'mail',
      send: async () => {
        if (isDown) throw new Error('no mail server')
      },
      close: () => undefined,
    },
    allowPrivate: false,
    onFault: error => assert.fail(error),
  })
  await actor.settle()
  actor.kill()
  const [only] = noted
  return only
}

test('what failed is tried again, later and later, and given up in the end', async () => {
  assert.deepEqual(await attempt(0, false), { outcome: 'delivered', attempt: 1, againS: null })
  const waitsS: (number | null | undefined)[] = []
  for (let attempts = 0; attempts < 9; attempts++) {
    const noted = await attempt(attempts, true)
    assert.equal(noted?.outcome, attempts < 8 ? 'failed' : 'given_up')
    waitsS.push(noted?.againS)
  }
  assert.deepEqual(waitsS, [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, null])
})
