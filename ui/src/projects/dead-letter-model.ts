/** What the page says about dead letters. */
import type { DeadLettersReplayed } from '#proto/people.ts'
import { countText } from '../kit/number-text.ts'

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
