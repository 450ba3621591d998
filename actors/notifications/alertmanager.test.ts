/** Told to Debian's Alertmanager, which forgets in a second what nobody says an end of. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SmtpMailer } from '#actors/mail/smtp-mailer.ts'
import { freePort } from '#actors/testing/free-port.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import type { AlertMessage } from './alert-message.ts'
import { deliver } from './deliver.ts'
import { previewMessage } from './message-preview.ts'

const PROGRAM = 'prometheus-alertmanager'
const isThere = spawnSync(PROGRAM, ['--version']).error === undefined
const DAY_MS = 86_400_000

interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly receivers: readonly { readonly name: string }[]
}

async function openAlertmanager(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-alertmanager-'))
  const port = await freePort()
  const config = join(folder, 'config.yml')
  writeFileSync(
    config,
    `global: {resolve_timeout: 1s}
route: {receiver: others, routes: [{receiver: payments, matchers: [team="payments"]}]}
receivers: [{name: others}, {name: payments}]
`,
  )
  const server = spawn(PROGRAM, [
    `--config.file=${config}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ])
  t.after(async () => {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(`${url}/-/ready`).catch(() => null))?.ok) await pause(50)
  return url
}

/** What is active there, once it is so many. */
async function active(url: string, count: number): Promise<readonly KnownAlert[]> {
  for (;;) {
    const answer = await fetch(`${url}/api/v2/alerts`)
    const known = (await answer.json()) as readonly KnownAlert[]
    if (known.length === count) return known
    await pause(50)
  }
}

test('an Alertmanager routes what fires, keeps it as long as it does, and hears of its end', {
  skip: isThere ? false : `${PROGRAM} is not installed`,
}, async t => {
  const url = await openAlertmanager(t)
  const nowUs = systemClock.nowUs()
  const place = { project: { id: 'p', name: 'shop' }, publicUrl: 'https://l.example', atUs: nowUs }
  const firing = previewMessage(null, { title: '', body: '' }, place)
  const ended: AlertMessage = {
    ...firing,
    changes: firing.changes.map(each => ({ ...each, from: 'firing', to: 'ok' })),
  }
  const mailer = new SmtpMailer({ url: 'smtp://127.0.0.1:1', from: 'logboy@example.org' })
  t.after(() => mailer.close())
  const tell = async (message: AlertMessage): Promise<void> => {
    const signal = new AbortController().signal
    const tools = { mailer, allowPrivate: true, nowUs, signal }
    const { outcome, answer } = await deliver(message, { kind: 'alertmanager', url }, tools)
    assert.equal(outcome, 'delivered', answer)
  }
  await tell(firing)
  const [known] = await active(url, 1)
  assert.equal(known?.labels['alertname'], 'Checkout errors')
  assert.deepEqual(known?.receivers, [{ name: 'payments' }])
  assert.match(known?.annotations['summary'] ?? '', /checkout/)
  assert.ok(Date.parse(known?.endsAt ?? '') > Date.now() + DAY_MS, 'not over by itself')
  await tell(firing)
  assert.equal((await active(url, 1)).length, 1, 'a repeat is the same')
  await tell(ended)
  await active(url, 0)
})
