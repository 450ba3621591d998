import { createSignal, type JSX } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { changeKey, changeQuotas, type QuotaLimits } from '../api/projects.ts'
import { Dialog } from '../kit/dialog.tsx'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { toast } from '../kit/toast.tsx'
import { wholeNumber, wholeNumberProblem } from './whole-number.ts'

/** Whose limits are changed: a key's, or the project's (null). */
export interface LimitsOf {
  readonly key: string | null
  readonly name: string
  readonly limits: QuotaLimits
}

export function QuotaDialog(props: {
  readonly project: ProjectAccess
  readonly of: LimitsOf
  readonly onChanged: () => void
  readonly onClose: () => void
}): JSX.Element {
  const { records_per_second: oldRecords, bytes_per_second: oldBytes } = props.of.limits
  const [records, setRecords] = createSignal(String(oldRecords))
  const [bytes, setBytes] = createSignal(String(oldBytes))
  const form = createForm(['records_per_second', 'bytes_per_second'])
  const submit = async (event: Event): Promise<void> => {
    const checks = {
      records_per_second: wholeNumberProblem(records(), 1e12),
      bytes_per_second: wholeNumberProblem(bytes(), 1e12),
    }
    const done = await form.submit(event, checks, async () => {
      const wanted = {
        records_per_second: wholeNumber(records()),
        bytes_per_second: wholeNumber(bytes()),
      }
      const { key } = props.of
      if (key === null) await changeQuotas(props.project.id, wanted)
      else await changeKey(props.project.id, key, wanted)
      toast('Limits changed')
      props.onChanged()
    })
    if (done) props.onClose()
  }
  return (
    <Dialog title={`Limits of ${props.of.name}`} onClose={props.onClose}>
      <form class="stack" onSubmit={event => void submit(event)}>
        <Field
          label="Logs a second"
          name="records_per_second"
          type="number"
          autofocus
          value={records()}
          problem={form.fieldProblem('records_per_second')}
          hint="0 = no limit."
          onInput={value => {
            setRecords(value)
            form.touch('records_per_second')
          }}
        />
        <Field
          label="Bytes a second"
          name="bytes_per_second"
          type="number"
          value={bytes()}
          problem={form.fieldProblem('bytes_per_second')}
          hint="0 = no limit; 1048576 is a MiB."
          onInput={value => {
            setBytes(value)
            form.touch('bytes_per_second')
          }}
        />
        <FormProblem problem={form.problem()} />
        <div class="actions">
          <button type="submit" class="button button-primary" disabled={form.busy()}>
            {form.busy() ? 'Saving…' : 'Save limits'}
          </button>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}
