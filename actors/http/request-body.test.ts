import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpProblem } from './problem.ts'
import { BodyBudget, RequestBody } from './request-body.ts'

const KIB = 1024

test('a body that nobody reads pauses its connection, and reading resumes it', async () => {
  const { body, flow, budget } = bodyOf(2_000 * KIB)
  body.push(new Uint8Array(200 * KIB), false)
  assert.deepEqual(flow, [])
  body.push(new Uint8Array(100 * KIB), false)
  body.push(new Uint8Array(100 * KIB), false)
  assert.deepEqual(flow, ['pause'])
  const reading = body.read()
  assert.deepEqual(flow, ['pause', 'resume'])
  body.push(new Uint8Array(500 * KIB), false)
  assert.equal(budget.held, 900 * KIB)
  body.end()
  assert.equal((await reading).length, 900 * KIB)
  assert.equal(budget.held, 0)
})

test('a single chunk is handed on without a copy', async () => {
  const { body } = bodyOf(10)
  const chunk = Uint8Array.of(1, 2, 3)
  body.push(chunk, false)
  body.end()
  assert.equal(await body.read(), chunk)
})

test('a chunk that is only lent is copied', async () => {
  const { body } = bodyOf(10)
  const chunk = Uint8Array.of(1, 2, 3)
  body.push(chunk, true)
  chunk.fill(9)
  body.end()
  assert.deepEqual(await body.read(), Uint8Array.of(1, 2, 3))
})

test('a large body of known length is put together in one buffer of its own', async () => {
  const expected = 500 * KIB
  const { body, budget } = bodyOf(expected, undefined, expected)
  const chunk = new Uint8Array(10 * KIB)
  for (let part = 0; part < 50; part++) body.push(chunk.fill(part), true)
  assert.equal(budget.held, expected)
  body.end()
  const bytes = await body.read()
  assert.equal(bytes.length, expected)
  assert.equal(bytes.buffer.byteLength, expected)
  assert.ok(bytes.every((byte, at) => byte === Math.floor(at / (10 * KIB))))
  assert.equal(budget.held, 0)
})

test('one byte too many fails the reader and frees what was held', async () => {
  const { body, budget } = bodyOf(10)
  body.push(new Uint8Array(10), false)
  const reading = body.read()
  body.push(new Uint8Array(1), false)
  await assert.rejects(reading, { code: 'LOGBOY_BODY_TOO_LARGE' })
  assert.equal(budget.held, 0)
  body.push(new Uint8Array(100), false)
  assert.equal(budget.held, 0)
})

test('a failure before the reading is told to the reader', async () => {
  const { body } = bodyOf(10)
  body.fail(new HttpProblem('LOGBOY_BODY_TOO_SLOW', 'slow'))
  body.end()
  await assert.rejects(body.read(), { code: 'LOGBOY_BODY_TOO_SLOW' })
})

test('a full budget fails the body that asked last, not the others', async () => {
  const budget = new BodyBudget(100)
  const first = bodyOf(100, budget).body
  const second = bodyOf(100, budget).body
  first.push(new Uint8Array(60), false)
  second.push(new Uint8Array(60), false)
  second.end()
  await assert.rejects(second.read(), { code: 'LOGBOY_OVERLOADED' })
  first.push(new Uint8Array(40), false)
  first.end()
  assert.equal((await first.read()).length, 100)
  assert.equal(budget.held, 0)
})

test('discarding lets the rest pass without holding it', () => {
  const { body, flow, budget } = bodyOf(1_000 * KIB)
  body.push(new Uint8Array(300 * KIB), false)
  body.discard()
  body.push(new Uint8Array(600 * KIB), false)
  assert.deepEqual(flow, ['pause', 'resume'])
  assert.equal(budget.held, 0)
})

function bodyOf(
  bytesMax: number,
  budget = new BodyBudget(10_000 * KIB),
  expectedBytes: number | null = null,
): { body: RequestBody; flow: string[]; budget: BodyBudget } {
  const flow: string[] = []
  const body = new RequestBody({
    bytesMax,
    expectedBytes,
    budget,
    flow: { pause: () => flow.push('pause'), resume: () => flow.push('resume') },
  })
  return { body, flow, budget }
}
