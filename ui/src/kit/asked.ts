import { type Accessor, createSignal, onCleanup } from 'solid-js'
import { watch } from './reactive.ts'

/** What the server answered to a question of the page; the last answer stays while it asks anew. */
export interface Asked<Answer> {
  readonly answer: Accessor<Answer | null>
  readonly problem: Accessor<Error | null>
  readonly busy: Accessor<boolean>
}

/**
 * Asks with each new question and gives up the one before. No question (null) = no answer.
 * Questions are compared by their contents, so that they may be made anew at will.
 */
export function createAsked<Question, Answer>(
  question: Accessor<Question | null>,
  ask: (question: Question, signal: AbortSignal) => Promise<Answer>,
): Asked<Answer> {
  const [answer, setAnswer] = createSignal<Answer | null>(null)
  const [problem, setProblem] = createSignal<Error | null>(null)
  const [busy, setBusy] = createSignal(false)
  let asked: string | null = null
  let abort = new AbortController()
  onCleanup(() => abort.abort())
  watch(question, wanted => {
    const key = JSON.stringify(wanted)
    if (key === asked) return
    asked = key
    abort.abort()
    abort = new AbortController()
    const { signal } = abort
    setProblem(null)
    setBusy(wanted !== null)
    if (wanted === null) {
      setAnswer(null)
      return
    }
    ask(wanted, signal)
      .then(
        found => void (signal.aborted || setAnswer(() => found)),
        (error: Error) => void (signal.aborted || setProblem(error)),
      )
      .finally(() => void (signal.aborted || setBusy(false)))
  })
  return { answer, problem, busy }
}
