/** What holds for everything that reads text which people type, whatever they type. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { QueryFault } from '../query/fault.ts'

/** A fault points at a place within the text: at something, or at its end. */
export function assertWithin({ position, length }: QueryFault, text: string): void {
  assert.ok(position >= 0 && length >= 0 && position + length <= text.length, text)
  assert.ok(length > 0 || position === text.length, text)
}

const SUGGESTIONS_MAX = 60

/** Suggestions can be read, or come closer to what can. `faultOf` answers null for what is read. */
export function assertSuggestionsLead(
  texts: fc.Arbitrary<string>,
  faultOf: (text: string) => QueryFault | null,
): void {
  fc.assert(
    fc.property(texts, text => {
      let next: string = text
      for (let i = 0; i < SUGGESTIONS_MAX; i++) {
        const suggestion = faultOf(next)?.suggestion ?? null
        if (suggestion === null) return
        assert.notEqual(suggestion, next)
        next = suggestion
      }
      assert.fail(text)
    }),
    { numRuns: 2_000 },
  )
}
