import type { JSX } from 'solid-js'
import { type ActiveAlert, acknowledgeAlert } from '../api/alerts.ts'
import { Field } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { toast } from '../kit/toast.tsx'
import { groupText } from './alert-model.ts'

/** Says that somebody looks at a firing, with a word about it. */
export function AcknowledgeDialog(props: {
  readonly project: string
  readonly alert: ActiveAlert
  readonly onDone: () => void
  readonly onClose: () => void
}): JSX.Element {
  const form = createForm({ note: '' })
  const submit = async (event: Event): Promise<void> => {
    const sent = await form.submit(event, {}, () =>
      acknowledgeAlert(props.project, props.alert.id, form.texts().note.trim()),
    )
    if (!sent) return
    toast('Acknowledged')
    props.onDone()
    props.onClose()
  }
  return (
    <FormDialog
      title="Acknowledge"
      form={form}
      action="Acknowledge"
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <p class="soft">
        <b>{props.alert.rule}</b> {groupText(props.alert)}
        <br />
        Everybody sees that you look at it. It goes on firing until it is over.
      </p>
      <Field
        label="Note"
        placeholder="Rolling back the deployment"
        hint="Not needed; it stands beside the alert and in the history."
        autofocus
        {...form.field('note')}
      />
    </FormDialog>
  )
}
