/** A paced sender in a thread of its own: making batches is not felt by what is measured. */
import { parentPort, workerData } from 'node:worker_threads'
import type { ProjectKeys } from './entry.ts'
import { type Pace, PacedSender } from './paced-sender.ts'

export interface SenderOptions {
  readonly grpcUrl: string
  readonly keys: ProjectKeys
  readonly pace: Pace
}

export interface SenderReport {
  readonly rows: number
  readonly seconds: number
}

const { grpcUrl, keys, pace } = workerData as SenderOptions
const sender = await PacedSender.open({ grpcUrl }, keys, pace)
let isOver = false
parentPort?.once('message', () => {
  isOver = true
})
parentPort?.postMessage('open')
const seconds = await sender.run(() => isOver)
sender.close()
parentPort?.postMessage({ rows: sender.rows, seconds } satisfies SenderReport)
