/** Measures from the SDK's call to the arrival at a tail socket, as a browser would see it. */
import WebSocket from 'ws'
import type { TailFrame } from '#proto/tail.ts'
import { systemClock } from '#runtime/clock.ts'
import type { Connection } from '../client.ts'

export interface LatencyProbe {
  /** Milliseconds below which 99 % of the rows since the start arrived; null before the first. */
  p99(): number | null
  close(): void
}

/** Samples kept; older ones are overwritten, so that memory is bounded and the figure recent. */
const SAMPLES_MAX = 20_000

export function watchLatency(connection: Connection, projectId: string): LatencyProbe {
  const url = `${connection.url.replace(/^http/, 'ws')}/api/v1/tail?project=${projectId}`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${connection.token}` } })
  const samples: number[] = []
  let seen = 0
  socket.on('message', data => {
    const nowMs = systemClock.nowUs() / 1000
    const frame = JSON.parse((data as Buffer).toString()) as TailFrame
    if (frame.type !== 'rows') return
    for (const { time, file } of frame.rows) {
      // Shipped example files carry times of their own; only live calls are measured.
      if (file === '') samples[seen++ % SAMPLES_MAX] = nowMs - Date.parse(time)
    }
  })
  socket.on('error', () => undefined)
  return {
    p99() {
      const sorted = samples.toSorted((a, b) => a - b)
      return sorted[Math.floor(sorted.length * 0.99)] ?? null
    },
    close: () => socket.close(),
  }
}
