/** What stands in the list of deliveries when the other side is not as it should be. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { SmtpMailer } from '#actors/mail/smtp-mailer.ts'
import { mailServer } from '#actors/mail/testing/mail-server.ts'
import type { ChannelSettings } from '#proto/alert-channel.ts'
import type { Row } from '#proto/api.ts'
import { ATTRIBUTE_VALUE_BYTES_MAX, MESSAGE_BYTES_MAX } from '#proto/limits.ts'
import type { AlertMessage } from './alert-message.ts'
import { type DeliverTools, deliver, postsOf } from './deliver.ts'
import { NO_FINDINGS } from './findings.ts'
import { previewMessage } from './message-preview.ts'
import { receiver } from './testing/receiver.ts'

const NOW_US = Date.UTC(2026, 10, 29, 10) * 1_000
/** Nothing listens there. */
const NOWHERE = 'smtp://127.0.0.1:1'

function message(part: Partial<AlertMessage> = {}): AlertMessage {
  const place = { project: { id: 'p', name: 'shop' }, publicUrl: 'https://l.example', atUs: NOW_US }
  return { ...previewMessage(null, { title: '', body: '' }, place), ...part }
}

function tools(t: TestContext, changes: Partial<DeliverTools> & { smtp?: string } = {}) {
  const { smtp = NOWHERE, ...others } = changes
  const mailer = new SmtpMailer({ url: smtp, from: 'Logboy <logboy@example.org>' })
  t.after(() => mailer.close())
  const signal = new AbortController().signal
  return { mailer, allowPrivate: true, nowUs: NOW_US, signal, ...others }
}

async function hook(t: TestContext, answer: (response: ServerResponse) => unknown) {
  const { url } = await receiver(t, (_, response) => void answer(response))
  return { kind: 'webhook', url, secret: 'whsec_a2V5' } as const
}

test('a webhook that fails, redirects, is private or never answers: each has its words', async t => {
  const failing = await hook(t, response => response.writeHead(500).end('out of disk'))
  assert.deepEqual(await deliver(message(), failing, tools(t)), {
    outcome: 'failed',
    status: 500,
    answer: 'out of disk',
  })
  const redirecting = await hook(t, response =>
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  )
  assert.deepEqual(await deliver(message(), redirecting, tools(t)), {
    outcome: 'failed',
    status: 302,
    answer: 'redirects are not followed',
  })
  const gone = await hook(t, response => response.writeHead(410).end('bye'))
  assert.equal((await deliver(message(), gone, tools(t))).outcome, 'given_up')
  const refused = await deliver(message(), failing, tools(t, { allowPrivate: false }))
  assert.equal(refused.outcome, 'failed')
  assert.match(refused.answer, /127\.0\.0\.1/)
  const silent = await hook(t, () => undefined)
  const never = await deliver(message(), silent, tools(t, { signal: AbortSignal.timeout(500) }))
  assert.equal(never.outcome, 'unknown', 'it may have been told')
})

test('a mail server that is down, refuses all, or refuses one', async t => {
  const mail = { kind: 'email', to: ['ada@example.org', 'bob@example.org'] } as const
  const down = await deliver(message(), mail, tools(t))
  assert.equal(down.outcome, 'failed')
  assert.match(down.answer, /ada@example\.org: .*; bob@example\.org: /)
  const refusing = mailServer({ refusal: 'no such person' })
  const smtp = await refusing.open()
  t.after(() => refusing.close())
  const refused = await deliver(message(), mail, tools(t, { smtp }))
  assert.equal(refused.outcome, 'failed')
  assert.match(refused.answer, /550 no such person/)
  let mails = 0
  const mailer = {
    type: 'mail',
    send: async () => {
      if (++mails === 1) throw new Error('550 no such person')
    },
    close: () => undefined,
  } as const
  assert.deepEqual(await deliver(message(), mail, tools(t, { mailer })), {
    outcome: 'delivered',
    status: null,
    answer: 'ada@example.org: 550 no such person',
  })
})

test('logs as long as they may be make no message that its receiver cannot take', () => {
  const [line] = message().lines
  const text = `.${'😀<b>"'.repeat(MESSAGE_BYTES_MAX / 8)}`
  const value = text.slice(0, ATTRIBUTE_VALUE_BYTES_MAX / 16)
  const attributes = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`field${n}`, n % 2 === 0 ? value : [value]]),
  )
  const long = { ...line, message: text, attributes } as Row
  const patterns = [{ pattern: text, count: 5 }]
  const findings = { ...NO_FINDINGS, first: [long, long], patterns }
  const told = message({ lines: Array<Row>(5).fill(long), findings })
  const url = 'https://example.org/'
  const settings: readonly Exclude<ChannelSettings, { readonly kind: 'email' }>[] = [
    { kind: 'webhook', url, secret: 'whsec_a2V5' },
    { kind: 'slack', url },
    { kind: 'teams', url },
    { kind: 'pagerduty', routing_key: 'key' },
    { kind: 'alertmanager', url },
  ]
  for (const each of settings) {
    for (const { body } of postsOf(told, each, NOW_US)) {
      const bytes = Buffer.byteLength(body)
      // Teams takes 28 KiB; programs a megabyte, as most servers are set up.
      const most = each.kind === 'webhook' ? 512 * 1024 : 28 * 1024
      assert.ok(bytes < most, `${each.kind}: ${bytes}`)
      assert.doesNotMatch(body, /\\ud[89a-f]/i, `${each.kind}: half a character`)
    }
  }
})
