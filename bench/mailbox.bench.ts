/**
 * What the actor runtime costs per message, as a ratio to its floor, a bare array:
 * `node bench/mailbox.bench.ts`. A message is a batch of up to thousands of rows.
 */
import { type Context, defineActor, System, systemClock, systemRandom } from '#runtime/index.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'

export interface Measured {
  readonly name: string
  readonly messages: number
  readonly microsecondsEach: number
  /** Sum of what was received: proves that the work was done. */
  readonly checksum: number
}

const BATCH_NUMBERS = 256
/** Messages under way to a thread at a time. */
const OPEN_MAX = 32
const manifestUrl = new URL('../runtime/testing/thread-manifest.ts', import.meta.url)

export async function benchMailbox(messages: number): Promise<Measured[]> {
  const threaded = Math.ceil(messages / 50)
  return [
    await measure('array queue', messages, arrayQueue),
    await measure('local actor', messages, localActor),
    await measure('service thread, 2 KiB moved', threaded, serviceThread),
    await measure('worker pool, 2 KiB moved', threaded, workerPool),
  ]
}

async function measure(
  name: string,
  messages: number,
  run: (messages: number) => Promise<{ readonly checksum: number; readonly ms: number }>,
): Promise<Measured> {
  await run(Math.ceil(messages / 10))
  const { checksum, ms } = await run(messages)
  return { name, messages, microsecondsEach: (ms * 1000) / messages, checksum }
}

async function timed(run: () => number | Promise<number>) {
  const fromMs = systemClock.monotonicMs()
  const checksum = await run()
  return { checksum, ms: systemClock.monotonicMs() - fromMs }
}

/** The floor: as many messages as a mailbox holds go in, then out. */
function arrayQueue(messages: number) {
  return timed(() => {
    const queue: { readonly value: number }[] = []
    let sum = 0
    for (let sent = 0; sent < messages; ) {
      for (; queue.length < 64 && sent < messages; sent++) queue.push({ value: sent })
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) sum += next.value
    }
    return sum
  })
}

async function localActor(messages: number) {
  let sum = 0
  const adder = defineActor({
    name: 'adder',
    mailbox: { capacity: 64, whenFull: 'wait' },
    create: (_context: Context<{ readonly value: number }>, _deps: null) => ({
      receive(message: { readonly value: number }) {
        sum += message.value
      },
    }),
  })
  const fail = (): never => {
    throw new Error('the bench is broken')
  }
  const options = { clock: systemClock, random: systemRandom, onFault: fail, onEscalation: fail }
  const system = new System(options)
  const ref = system.spawn(adder, null)
  return timed(async () => {
    for (let sent = 0; sent < messages; sent++) {
      const waiting = ref.tell({ value: sent })
      if (waiting !== undefined) await waiting
    }
    await system.stop('done', 10_000)
    return sum
  })
}

async function serviceThread(messages: number) {
  const service = await openServiceThread({
    manifestUrl,
    service: 'counter',
    options: { concurrent: false, closed: new SharedArrayBuffer(4) },
    callsMax: OPEN_MAX,
    onLost: error => {
      throw error
    },
  })
  const measured = await timed(() =>
    addUp(messages, numbers => service.call<number>({ type: 'sum', numbers }, [numbers])),
  )
  await service.close()
  return measured
}

async function workerPool(messages: number) {
  const pool = openWorkerPool({ manifestUrl, threads: 1, queueMax: OPEN_MAX })
  await pool.run('double', new ArrayBuffer(8))
  const measured = await timed(() =>
    addUp(messages, async numbers => {
      const doubled = await pool.run<ArrayBuffer>('double', numbers, { transfer: [numbers] })
      return (new Float64Array(doubled)[0] as number) * (BATCH_NUMBERS / 2)
    }),
  )
  await pool.close()
  return measured
}

/** Sends batches with so many under way, and sums up the answers. */
async function addUp(
  messages: number,
  send: (numbers: ArrayBuffer) => Promise<number>,
): Promise<number> {
  let [sent, sum] = [0, 0]
  const lane = async (): Promise<void> => {
    while (sent < messages) {
      const numbers = new Float64Array(BATCH_NUMBERS).fill(sent++).buffer
      const answer = await send(numbers)
      sum += answer
    }
  }
  await Promise.all(Array.from({ length: OPEN_MAX }, lane))
  return sum / BATCH_NUMBERS
}

if (import.meta.main) {
  const measured = await benchMailbox(500_000)
  const floor = measured[0]?.microsecondsEach ?? Number.NaN
  for (const { name, messages, microsecondsEach, checksum } of measured) {
    const ratio = (microsecondsEach / floor).toFixed(1)
    const each = microsecondsEach.toFixed(3)
    console.log(
      `${name.padEnd(28)} ${each.padStart(8)} µs ${ratio.padStart(8)} × ${messages} ${checksum}`,
    )
  }
}
