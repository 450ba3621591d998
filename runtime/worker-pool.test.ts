import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskPool } from './threads.ts'
import { openWorkerPool } from './worker-pool.ts'

const manifestUrl = new URL('./testing/thread-manifest.ts', import.meta.url)

async function withPool(threads: number, run: (pool: TaskPool) => Promise<void>): Promise<void> {
  const pool = openWorkerPool({ manifestUrl, threads, queueMax: 4 })
  try {
    await run(pool)
  } finally {
    await pool.close()
  }
}

test('buffers move to a thread and back, shared memory is seen by both', async () => {
  await withPool(1, async pool => {
    const input = Float64Array.of(1, 2, 3).buffer
    const run = pool.run<ArrayBuffer>('double', input, { transfer: [input] })
    assert.deepEqual(new Float64Array(await run), Float64Array.of(2, 4, 6))
    assert.equal(input.byteLength, 0)
    const counter = new SharedArrayBuffer(4)
    assert.equal(await pool.run('meet', { counter, until: 1 }), 1)
    assert.equal(new Int32Array(counter)[0], 1)
  })
})

test('tasks run at the same time, one in each thread, and the rest waits', async () => {
  await withPool(2, async pool => {
    const counter = new SharedArrayBuffer(4)
    // Each of the first two waits for the other: one thread alone would never end.
    const runs = [1, 2, 3, 4].map(() => pool.run<number>('meet', { counter, until: 2 }))
    assert.partialDeepStrictEqual(pool.observe(), { threads: 2, running: 2, waiting: 2 })
    assert.deepEqual(
      (await Promise.all(runs)).toSorted((a, b) => a - b),
      [1, 2, 3, 4],
    )
    assert.partialDeepStrictEqual(pool.observe(), { running: 0, waiting: 0, completed: 4 })
  })
})

test('errors keep their name, message, code, fields and cause on the way', async () => {
  await withPool(1, async pool => {
    await assert.rejects(pool.run('fail', 'cannot decode'), {
      name: 'TypeError',
      message: 'cannot decode',
      code: 'LOGBOY_TEST',
      row: 7,
    })
    const error = await pool.run('fail', 'x').catch((thrown: unknown) => thrown)
    assert(error instanceof Error)
    assert.match(error.stack ?? '', /thread-manifest/)
    const { code, errno } = error.cause as NodeJS.ErrnoException
    assert.deepEqual([code, errno], ['ENOSPC', -28])
    await assert.rejects(pool.run('none', null), { code: 'LOGBOY_TASK_UNKNOWN' })
    assert.equal(pool.observe()['restarts'], 0)
  })
})

test('a thread that dies loses its task only; the next task gets a new thread', async () => {
  await withPool(1, async pool => {
    const lost = pool.run('exit', 3)
    const next = pool.run('meet', { counter: new SharedArrayBuffer(4), until: 1 })
    await assert.rejects(lost, { code: 'LOGBOY_THREAD_LOST' })
    assert.equal(await next, 1)
    assert.partialDeepStrictEqual(pool.observe(), { restarts: 1, completed: 1 })
  })
})

test('a result that cannot be copied is an error, not a hang', async () => {
  await withPool(1, async pool => {
    await assert.rejects(pool.run('uncopyable', null))
    assert.equal(await pool.run('meet', { counter: new SharedArrayBuffer(4), until: 1 }), 1)
  })
})

test('a waiting task that its caller gives up is never run', async () => {
  await withPool(1, async pool => {
    const counter = new SharedArrayBuffer(4)
    const seen = new Int32Array(counter)
    const giveUp = new AbortController()
    const first = pool.run('meet', { counter, until: 2 })
    const second = pool.run('meet', { counter, until: 2 }, { signal: giveUp.signal })
    giveUp.abort(new Error('the browser went away'))
    await assert.rejects(second, /went away/)
    Atomics.add(seen, 0, 1)
    Atomics.notify(seen, 0)
    await first
    assert.equal(Atomics.load(seen, 0), 2)
    assert.equal(pool.observe()['completed'], 1)
  })
})

test('a running task that its caller gives up goes on, its result is dropped', async () => {
  await withPool(1, async pool => {
    const counter = new SharedArrayBuffer(4)
    const giveUp = new AbortController()
    const run = pool.run('meet', { counter, until: 2 }, { signal: giveUp.signal })
    giveUp.abort(new Error('the browser went away'))
    await assert.rejects(run, /went away/)
    await assert.rejects(pool.run('meet', null, { signal: giveUp.signal }), /went away/)
    const next = pool.run('meet', { counter, until: 1 })
    Atomics.add(new Int32Array(counter), 0, 1)
    Atomics.notify(new Int32Array(counter), 0)
    assert(((await next) as number) >= 2)
    assert.equal(pool.observe()['restarts'], 0)
  })
})

test('a full queue refuses, and closing refuses what waits but lets finish what runs', async () => {
  const pool = openWorkerPool({ manifestUrl, threads: 1, queueMax: 1 })
  const counter = new SharedArrayBuffer(4)
  const running = pool.run('meet', { counter, until: 2 })
  const waiting = pool.run('meet', { counter, until: 2 })
  await assert.rejects(pool.run('meet', null), { code: 'LOGBOY_THREAD_BUSY' })
  const closing = pool.close()
  await assert.rejects(waiting, { code: 'LOGBOY_THREAD_CLOSED' })
  await assert.rejects(pool.run('meet', null), { code: 'LOGBOY_THREAD_CLOSED' })
  Atomics.add(new Int32Array(counter), 0, 1)
  Atomics.notify(new Int32Array(counter), 0)
  assert.equal(typeof (await running), 'number')
  await closing
})
