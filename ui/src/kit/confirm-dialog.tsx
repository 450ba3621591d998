import { type JSX, Show } from 'solid-js'
import { Field } from './field.tsx'
import { createForm } from './form.ts'
import { FormDialog } from './form-dialog.tsx'

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
  const form = createForm({ confirmation: '' })
  const submit = async (event: Event): Promise<void> => {
    const { confirmation } = form.texts()
    const wrong = props.typed !== undefined && confirmation.trim() !== props.typed
    const checks = { confirmation: wrong ? `type ${props.typed} to go on` : null }
    if (await form.submit(event, checks, props.onConfirm)) props.onClose()
  }
  return (
    <FormDialog
      title={props.title}
      form={form}
      action={props.action}
      danger
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <div class="soft">{props.children}</div>
      <Show when={props.typed}>
        {typed => (
          <Field label={`Type ${typed()} to confirm`} autofocus {...form.field('confirmation')} />
        )}
      </Show>
    </FormDialog>
  )
}
