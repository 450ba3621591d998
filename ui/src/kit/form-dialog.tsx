import { type JSX, Show } from 'solid-js'
import { Dialog } from './dialog.tsx'
import { FormProblem } from './field.tsx'
import type { Form } from './form.ts'

export interface FormDialogProps {
  readonly title: string
  readonly class?: string
  readonly form: Pick<Form<string>, 'busy' | 'problem'>
  /** What the button says: `Create key`. */
  readonly action: string
  readonly danger?: boolean
  readonly onSubmit: (event: Event) => void
  readonly onClose: () => void
  /** Takes the place of the form once it is there. */
  readonly result?: (() => JSX.Element) | null
  readonly children: JSX.Element
}

/** A form in a dialog: it stays open when sending failed, and shows what came of it. */
export function FormDialog(props: FormDialogProps): JSX.Element {
  return (
    <Dialog title={props.title} class={props.class} onClose={props.onClose}>
      <Show
        when={props.result}
        fallback={
          <form novalidate class="stack" onSubmit={event => props.onSubmit(event)}>
            {props.children}
            <FormProblem problem={props.form.problem()} />
            <div class="actions">
              <button
                type="submit"
                class={`button ${props.danger === true ? 'button-danger' : 'button-primary'}`}
                disabled={props.form.busy()}
              >
                {props.form.busy() ? 'One moment…' : props.action}
              </button>
              <button type="button" class="button" onClick={() => props.onClose()}>
                Cancel
              </button>
            </div>
          </form>
        }
      >
        {result => (
          <div class="stack">
            {result()()}
            <div class="actions">
              <button type="button" class="button button-primary" onClick={() => props.onClose()}>
                Done
              </button>
            </div>
          </div>
        )}
      </Show>
    </Dialog>
  )
}
