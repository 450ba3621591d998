/** The demo's five services: each with an SDK logger of its own, as in five programs. */
import { createLogger, type Logger } from '@logboy/sdk'
import { LogGenerator } from '#actors/cli/generate/generator.ts'
import { dueAfter } from '#actors/cli/generate/pace.ts'
import { SERVICES, type ServiceName } from '#actors/cli/generate/templates.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { seededRandom, systemRandom } from '#runtime/random.ts'

export interface Traffic {
  /** Logs written so far. */
  written(): number
  /** Ends the stream; settles once all of it was acknowledged. */
  stop(): Promise<void>
}

const TICK_MS = 20
const BURST_INTERVAL_S = 20

export function startTraffic(
  target: { url: string; grpcUrl: string; key: string },
  rate: number,
): Traffic {
  const loggers = new Map<ServiceName, Logger>(
    SERVICES.map(service => [service, createLogger({ ...target, service })]),
  )
  const generator = new LogGenerator({ random: seededRandom(systemRandom.uint32()) })
  let stopped = false
  let written = 0
  const run = async () => {
    const start = systemClock.monotonicMs()
    while (!stopped) {
      const elapsedS = (systemClock.monotonicMs() - start) / 1000
      const due = dueAfter(elapsedS, { rate, burstIntervalS: BURST_INTERVAL_S })
      for (; written < due; written++) write(loggers, generator)
      await pause(TICK_MS)
    }
  }
  const running = run()
  return {
    written: () => written,
    async stop() {
      stopped = true
      await running
      await Promise.all([...loggers.values()].map(logger => logger.close()))
    },
  }
}

function write(loggers: ReadonlyMap<ServiceName, Logger>, generator: LogGenerator): void {
  const log = generator.next(systemClock.nowUs())
  const level = log.level.toLowerCase() as 'debug' | 'info' | 'warn' | 'error'
  loggers.get(log.service)?.[level](log.message, {
    ...log.attributes,
    trace_id: log.traceId,
    span_id: log.spanId,
  })
}
