/** What forms share: one sending at a time, and every problem at the field that it is about. */
import { type Accessor, createSignal } from 'solid-js'
import { ApiError } from '../api/client.ts'

export interface Form<Name extends string> {
  readonly busy: Accessor<boolean>
  /** What is wrong with no field in particular. */
  readonly problem: Accessor<string | null>
  readonly fieldProblem: (name: Name) => string | null
  /** Takes back what was said of a field, because it changes. */
  readonly touch: (name: Name) => void
  /** Sends unless a check failed; focuses the first field that is wrong. True when sent. */
  readonly submit: (
    event: Event,
    checks: Partial<Readonly<Record<Name, string | null>>>,
    send: () => Promise<void>,
  ) => Promise<boolean>
}

type Problems<Name extends string> = Partial<Readonly<Record<Name | '', string>>>

/** `codes` name the field that a problem of the server is about where its words do not. */
export function createForm<Name extends string>(
  names: readonly Name[],
  codes: Readonly<Record<string, Name>> = {},
): Form<Name> {
  const [busy, setBusy] = createSignal(false)
  const [problems, setProblems] = createSignal<Problems<Name>>({})
  const tell = (found: Problems<Name>, form: EventTarget | null): void => {
    setProblems(() => found)
    const wrong = names.find(name => found[name] !== undefined)
    if (wrong !== undefined && form instanceof HTMLElement)
      form.querySelector<HTMLElement>(`[name="${wrong}"]`)?.focus()
  }
  return {
    busy,
    problem: () => problems()[''] ?? null,
    fieldProblem: name => problems()[name] ?? null,
    touch: name => setProblems(({ [name]: _, ...rest }) => rest as Problems<Name>),
    async submit(event, checks, send) {
      event.preventDefault()
      if (busy()) return false
      const form = event.currentTarget
      const wrong = names.filter(name => typeof checks[name] === 'string')
      if (wrong.length > 0) {
        tell(Object.fromEntries(wrong.map(name => [name, checks[name]])) as Problems<Name>, form)
        return false
      }
      setBusy(true)
      setProblems({})
      try {
        await send()
        return true
      } catch (error) {
        tell(placeProblem(error as Error, names, codes) as Problems<Name>, form)
        return false
      } finally {
        setBusy(false)
      }
    },
  }
}

/** The server writes `field: what is wrong`; anything else is about the form as a whole. */
export function placeProblem(
  error: Error,
  names: readonly string[],
  codes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!(error instanceof ApiError)) return { '': error.message }
  const byCode = codes[error.code]
  if (byCode !== undefined) return { [byCode]: error.message }
  const [, field = '', words = ''] = /^([\w.]+): (.*)$/s.exec(error.message) ?? []
  return names.includes(field) ? { [field]: words } : { '': error.message }
}

/** A text that has to be there. */
export function needed(text: string, words: string): string | null {
  return text.trim() === '' ? words : null
}
