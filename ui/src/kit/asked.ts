import { type Accessor, createMemo } from 'solid-js'
import { createLoad } from './load.tsx'

/** What the server answered to a question of the page; the last answer stays while it asks anew. */
export interface Asked<Answer> {
  readonly answer: Accessor<Answer | null>
  readonly problem: Accessor<Error | null>
  readonly busy: Accessor<boolean>
}

/** As `createLoad`, for questions that are made anew at will: only other contents ask again. */
export function createAsked<Question, Answer>(
  question: Accessor<Question | null>,
  ask: (question: Question, signal: AbortSignal) => Promise<Answer>,
): Asked<Answer> {
  const settled = createMemo(question, null, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  const load = createLoad(settled, ask)
  return {
    answer: () => (settled() === null ? null : load.value()),
    problem: () => (settled() === null ? null : load.problem()),
    busy: () => settled() !== null && load.busy(),
  }
}
