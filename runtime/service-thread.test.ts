import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openServiceThread, type ServiceThreadOptions } from './service-thread.ts'
import type { ServiceThread } from './threads.ts'

const manifestUrl = new URL('./testing/thread-manifest.ts', import.meta.url)

interface Opened {
  readonly service: ServiceThread
  readonly closed: Int32Array
  readonly lost: Error[]
}

async function open(
  changes: Partial<ServiceThreadOptions> = {},
  concurrent = false,
): Promise<Opened> {
  const closed = new SharedArrayBuffer(4)
  const lost: Error[] = []
  const service = await openServiceThread({
    manifestUrl,
    service: 'counter',
    options: { concurrent, closed },
    callsMax: 3,
    onLost: error => lost.push(error),
    ...changes,
  })
  return { service, closed: new Int32Array(closed), lost }
}

test('calls are answered in order, each finished before the next one starts', async () => {
  const { service } = await open()
  const answers = await Promise.all(
    [30, 10, 20].map(n => service.call<number[]>({ type: 'add', value: n, afterTurns: n })),
  )
  assert.deepEqual(answers, [[30], [30, 10], [30, 10, 20]])
  await service.close()
})

test('calls of a concurrent service overlap', async () => {
  const { service } = await open({}, true)
  const slow = service.call<number[]>({ type: 'add', value: 1, afterTurns: 10_000 })
  const fast = await service.call<number[]>({ type: 'add', value: 2, afterTurns: 0 })
  assert.deepEqual(fast, [2])
  assert.deepEqual(await slow, [2, 1])
  await service.close()
})

test('buffers move both ways', async () => {
  const { service } = await open()
  const numbers = Float64Array.of(1, 2, 3).buffer
  const sum = service.call({ type: 'sum', numbers }, [numbers])
  assert.equal(numbers.byteLength, 0)
  assert.equal(await sum, 6)
  const given = await service.call<ArrayBuffer>({ type: 'give', length: 5 })
  assert.equal(given.byteLength, 5)
  await service.close()
})

test('an error of the service reaches the caller with its code, and the service goes on', async () => {
  const { service, lost } = await open()
  await assert.rejects(service.call({ type: 'fail' }), { code: 'LOGBOY_TEST', message: 'refused' })
  assert.deepEqual(await service.call({ type: 'add', value: 1, afterTurns: 0 }), [1])
  assert.deepEqual(lost, [])
  await service.close()
})

test('more open calls than allowed are refused', async () => {
  const { service } = await open({ callsMax: 1 })
  const first = service.call({ type: 'add', value: 1, afterTurns: 0 })
  await assert.rejects(service.call({ type: 'fail' }), { code: 'LOGBOY_THREAD_BUSY' })
  await first
  assert.partialDeepStrictEqual(service.observe(), { service: 'counter', calls: 0, over: null })
  await service.close()
})

test('closing lets open calls finish, then the service end itself', async () => {
  const { service, closed, lost } = await open()
  const last = service.call({ type: 'add', value: 1, afterTurns: 100 })
  await service.close()
  assert.deepEqual(await last, [1])
  assert.equal(closed[0], 1)
  await assert.rejects(service.call({ type: 'fail' }), { code: 'LOGBOY_THREAD_CLOSED' })
  await service.close()
  assert.deepEqual(lost, [])
})

test('a thread that dies takes its open calls with it and tells its owner once', async () => {
  const { service, lost } = await open()
  const dying = service.call({ type: 'exit' })
  const behind = service.call({ type: 'add', value: 1, afterTurns: 0 })
  await assert.rejects(dying, { code: 'LOGBOY_THREAD_LOST' })
  await assert.rejects(behind, { code: 'LOGBOY_THREAD_LOST' })
  await assert.rejects(service.call({ type: 'fail' }), { code: 'LOGBOY_THREAD_LOST' })
  assert.equal(lost.length, 1)
  assert.match(String((lost[0] as Error).cause), /exit code 3/)
  await service.close()
})

test('a service that cannot start says why', async () => {
  await assert.rejects(open({ service: 'broken' }), { code: 'ENOENT', message: 'no such folder' })
  await assert.rejects(open({ service: 'none' }), { code: 'LOGBOY_TASK_UNKNOWN' })
  const missing = new URL('./testing/no-manifest.ts', import.meta.url)
  await assert.rejects(open({ manifestUrl: missing }), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('a thread that dies while it starts is a failed start, not a loss', async () => {
  const lost: Error[] = []
  const opening = open({ service: 'dying', onLost: error => lost.push(error) })
  await assert.rejects(opening, { code: 'LOGBOY_THREAD_LOST' })
  assert.deepEqual(lost, [])
})

test('a message that cannot be copied is refused at the call', async () => {
  const { service } = await open()
  await assert.rejects(service.call({ type: 'add', value: () => 1 }), { name: 'DataCloneError' })
  assert.equal(service.observe()['calls'], 0)
  await service.close()
})
