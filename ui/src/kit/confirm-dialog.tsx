import { createSignal, type JSX, Show } from 'solid-js'
import { Dialog } from './dialog.tsx'
import { Field, FormProblem } from './field.tsx'
import { createForm } from './form.ts'

export interface ConfirmProps {
  readonly title: string
  /** What will happen. */
  readonly children: JSX.Element
  /** What the button says: `Revoke key`. */
  readonly action: string
  /** Has to be typed before anything happens. */
  readonly typed?: string
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}

/** Asks before something that cannot be undone; stays open when it failed, and says why. */
export function ConfirmDialog(props: ConfirmProps): JSX.Element {
  const [text, setText] = createSignal('')
  const form = createForm(['confirmation'])
  const submit = async (event: Event): Promise<void> => {
    const wrong = props.typed !== undefined && text().trim() !== props.typed
    const checks = { confirmation: wrong ? `type ${props.typed} to go on` : null }
    if (await form.submit(event, checks, props.onConfirm)) props.onClose()
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form class="stack" onSubmit={event => void submit(event)}>
        <div class="soft">{props.children}</div>
        <Show when={props.typed}>
          {typed => (
            <Field
              label={`Type ${typed()} to confirm`}
              name="confirmation"
              value={text()}
              problem={form.fieldProblem('confirmation')}
              autofocus
              onInput={value => {
                setText(value)
                form.touch('confirmation')
              }}
            />
          )}
        </Show>
        <FormProblem problem={form.problem()} />
        <div class="actions">
          <button type="submit" class="button button-danger" disabled={form.busy()}>
            {form.busy() ? 'One moment…' : props.action}
          </button>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}
