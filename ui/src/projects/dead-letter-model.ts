/** What the page says about dead letters. */
import type { DeadLettersReplayed } from '#proto/people.ts'
import { countText } from '../kit/number-text.ts'

/** Where letters come from, by the names of the server. */
export const SOURCE_WORDS: Readonly<Record<string, string>> = {
  ingest: 'HTTP ingest',
  otlp: 'OpenTelemetry',
  sdk: 'SDK, single records',
  'sdk-batch': 'SDK, damaged batches',
  'sdk-metrics': 'SDK, metrics',
  store: 'the store',
}

/** What became of a replay, in one line. */
export function replayedText({ accepted, rejected }: DeadLettersReplayed): string {
  const stored = `${countText(accepted)} record${accepted === 1 ? '' : 's'} stored`
  return rejected.length === 0 ? stored : `${stored}, ${countText(rejected.length)} refused again`
}

/** Why repaired lines cannot be sent, or null: each line is an object in JSON. */
export function linesProblem(lines: string): string | null {
  let count = 0
  for (const [at, line] of lines.split('\n').entries()) {
    if (line.trim() === '') continue
    count++
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return `line ${at + 1}: expected an object`
    } catch (error) {
      return `line ${at + 1}: ${(error as Error).message}`
    }
  }
  return count === 0 ? 'there is nothing to send' : null
}
