import type { Logger } from 'pino'
import type { Clock } from '#runtime/clock.ts'
import type { Config } from './settings.ts'

interface Patience {
  readonly clock: Clock
  readonly config: Pick<Config, 'startWaitMs'>
  readonly log: Pick<Logger, 'warn'>
}

const RETRY_MS = 1_000

/**
 * Servers that are started together come up in any order: tries until LOGBOY_START_WAIT is over.
 */
export async function patiently<Value>(
  { clock, config, log }: Patience,
  what: string,
  attempt: () => Promise<Value>,
): Promise<Value> {
  const deadlineMs = clock.monotonicMs() + config.startWaitMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const { message } = error as Error
      if (clock.monotonicMs() + RETRY_MS > deadlineMs || isFinal(error)) throw error
      log.warn({ reason: message }, `waiting for ${what}`)
      await new Promise<void>(resolve => void clock.after(RETRY_MS, resolve))
    }
  }
}

/** Waiting changes nothing about it. */
function isFinal(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'LOGBOY_SCHEMA_REFUSED' || code === 'LOGBOY_KAFKA_TOPIC'
}
