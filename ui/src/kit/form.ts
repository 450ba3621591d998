/** What forms share: their texts, one sending at a time, and every problem at its field. */
import { type Accessor, createSignal } from 'solid-js'
import { ApiError } from '../api/client.ts'

type Texts<Name extends string> = Readonly<Record<Name, string>>
/** Of fields, and under the empty name what is wrong with none in particular. */
type Problems<Name extends string> = Partial<Texts<Name | ''>>

/** What an input needs to be a field of a form. */
export interface FieldBinding {
  readonly name: string
  readonly value: string
  readonly problem: string | null
  readonly onInput: (value: string) => void
}

export interface Form<Name extends string> {
  readonly busy: Accessor<boolean>
  readonly texts: Accessor<Texts<Name>>
  /** What is wrong with no field in particular. */
  readonly problem: Accessor<string | null>
  readonly fieldProblem: (name: Name) => string | null
  /** For `<Field {...form.field('name')} />`. */
  readonly field: (name: Name) => FieldBinding
  /** Changes texts, and takes back what was said of them. */
  readonly set: (patch: Partial<Texts<Name>>) => void
  /** Sends unless a check failed; focuses the first field that is wrong. True when sent. */
  readonly submit: (
    event: Event,
    checks: Partial<Readonly<Record<Name, string | null>>>,
    send: () => Promise<void>,
  ) => Promise<boolean>
}

/** `codes` name the field that a problem of the server is about where its words do not. */
export function createForm<Name extends string>(
  initial: Texts<Name>,
  codes: Readonly<Record<string, NoInfer<Name>>> = {},
): Form<Name> {
  const names = Object.keys(initial) as Name[]
  const [texts, setTexts] = createSignal(initial)
  const [busy, setBusy] = createSignal(false)
  const [problems, setProblems] = createSignal<Problems<Name>>({})
  const fieldProblem = (name: Name): string | null => problems()[name] ?? null
  const set = (patch: Partial<Texts<Name>>): void => {
    setTexts(old => ({ ...old, ...patch }))
    setProblems(old => without(old, Object.keys(patch)))
  }
  return {
    busy,
    texts,
    fieldProblem,
    set,
    problem: () => problems()[''] ?? null,
    field: name => ({
      name,
      get value() {
        return texts()[name]
      },
      get problem() {
        return fieldProblem(name)
      },
      onInput: value => set({ [name]: value } as Partial<Texts<Name>>),
    }),
    async submit(event, checks, send) {
      event.preventDefault()
      if (busy()) return false
      // It is gone from the event when the answer is there.
      const form = event.currentTarget
      const wrong = names.flatMap(name => (checks[name] ? [[name, checks[name]]] : []))
      setProblems(() => Object.fromEntries(wrong) as Problems<Name>)
      if (wrong.length === 0) {
        setBusy(true)
        try {
          await send()
          return true
        } catch (error) {
          setProblems(() => placeProblem(error as Error, names, codes) as Problems<Name>)
        } finally {
          setBusy(false)
        }
      }
      focusWrong(form)
      return false
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
  const [, field = '', words = ''] = /^([\w.]+): (.*)$/s.exec(error.message) ?? []
  if (names.includes(field)) return { [field]: words }
  return { [codes[error.code] ?? '']: error.message }
}

/** A text that has to be there. */
export function needed(text: string, words: string): string | null {
  return text.trim() === '' ? words : null
}

function focusWrong(form: EventTarget | null): void {
  if (form instanceof HTMLElement) form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
}

function without<Name extends string>(
  problems: Problems<Name>,
  names: readonly string[],
): Problems<Name> {
  const kept = Object.entries(problems).filter(([name]) => !names.includes(name))
  return Object.fromEntries(kept) as Problems<Name>
}
