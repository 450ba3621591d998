/**
 * What a caller thinks it changes: two pages that edit one thing, and the later one names what it
 * had read. Of what is another's by now nothing is replaced unseen.
 */
import { z } from 'zod/v4'
import { HttpProblem } from '#actors/http/problem.ts'

type Expected<Thing> = { readonly [Name in keyof Thing]?: Thing[Name] | undefined }

/** Of what has a version in place of `expected`. */
export const versionRead = z
  .number()
  .int()
  .optional()
  .describe('as it was read: what has another version by now is not replaced')

/** `what`: rule, channel… */
export function changedMeanwhile(what: string): HttpProblem {
  return new HttpProblem('LOGBOY_CONFLICT', `somebody else changed this ${what} meanwhile`)
}

/** Throws 409 that names what is not as expected; nothing expected = whatever it is. */
export function demandExpected<Thing extends object>(
  expected: Expected<Thing> | undefined,
  now: Thing,
): void {
  const changed = Object.entries(expected ?? {}).flatMap(([name, value]) => {
    const current: unknown = now[name as keyof Thing]
    const isSame = value === undefined || JSON.stringify(current) === JSON.stringify(value)
    return isSame ? [] : [`${name} is now ${JSON.stringify(current)}`]
  })
  if (changed.length === 0) return
  const detail = `somebody else changed this meanwhile: ${changed.join(', ')}`
  throw new HttpProblem('LOGBOY_CONFLICT', detail)
}
