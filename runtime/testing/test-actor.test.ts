import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Context, defineActor, type Ref } from '../index.ts'
import { probe, testActor } from './test-actor.ts'

type Message = { readonly type: 'row'; readonly level: string } | { readonly type: 'window-over' }

/** Tells the notifier when a window had more than `limit` errors. */
const alert = defineActor({
  name: 'alert',
  mailbox: { capacity: 4, whenFull: 'wait' },
  create: (context: Context<Message>, deps: { limit: number; notifier: Ref<string> }) => {
    let errors = 0
    const open = () => void context.timer('window', 60_000, { type: 'window-over' })
    return {
      started: open,
      receive(message: Message): void | Promise<void> {
        if (message.type === 'row') {
          errors += message.level === 'ERROR' ? 1 : 0
          return
        }
        const fired = errors > deps.limit
        errors = 0
        open()
        if (fired) return deps.notifier.tell('alert-fired')
      },
    }
  },
})

test('one actor can be tried with a probe in place of its downstream and time at hand', () => {
  const notifier = probe<string>('notifier')
  const actor = testActor(alert, { limit: 2, notifier })
  for (let n = 0; n < 3; n++) actor.tell({ type: 'row', level: 'ERROR' })
  assert.deepEqual(notifier.received, [])
  actor.clock.advance(60_000)
  assert.deepEqual(notifier.take(), ['alert-fired'])
  actor.clock.advance(60_000)
  assert.deepEqual(notifier.take(), [])
  assert.deepEqual(notifier.received, ['alert-fired'])
  assert.equal(actor.exit(), undefined)
})

test('a full probe pushes back until it has room', async () => {
  const notifier = probe<string>()
  const actor = testActor(alert, { limit: 0, notifier })
  notifier.setFull(true)
  assert.equal(notifier.offer('x'), false)
  actor.tell({ type: 'row', level: 'ERROR' })
  actor.clock.advance(60_000)
  await actor.settle()
  assert.equal(actor.observe().state, 'busy')
  notifier.setFull(false)
  await actor.settle()
  assert.equal(actor.observe().state, 'idle')
  assert.deepEqual(notifier.take(), ['alert-fired'])
})

test('filling the mailbox of a held actor by `tell` is a mistake in the test', async () => {
  const notifier = probe<string>()
  const actor = testActor(alert, { limit: 0, notifier })
  notifier.setFull(true)
  actor.tell({ type: 'row', level: 'ERROR' })
  actor.clock.advance(60_000)
  for (let n = 0; n < 4; n++) actor.tell({ type: 'row', level: 'INFO' })
  const fifth = actor.ref.tell({ type: 'row', level: 'INFO' })
  assert(fifth instanceof Promise)
  assert.throws(() => actor.tell({ type: 'row', level: 'INFO' }), /mailbox is full/)
  notifier.setFull(false)
  await fifth
})

test('draining gives the last words, killing does not', async () => {
  const log: string[] = []
  const polite = defineActor({
    name: 'polite',
    mailbox: { capacity: 1, whenFull: 'wait' },
    create: (_context: Context<null>, _deps: null) => ({
      receive: () => undefined,
      stopping: (reason: string) => void log.push(reason),
    }),
  })
  const drained = testActor(polite, null)
  await drained.drain('bye')
  const killed = testActor(polite, null)
  killed.kill('axe')
  assert.deepEqual(log, ['bye'])
  assert.deepEqual(killed.exit(), { type: 'killed', reason: 'axe' })
})
