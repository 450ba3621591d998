import type { JSX } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { changeKey, changeQuotas, type QuotaLimits } from '../api/projects.ts'
import { Field } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { toast } from '../kit/toast.tsx'
import { wholeNumber, wholeNumberProblem } from './whole-number.ts'

const LIMIT_MAX = 1e12

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
  const { limits } = props.of
  const form = createForm({
    records_per_second: String(limits.records_per_second),
    bytes_per_second: String(limits.bytes_per_second),
  })
  const submit = async (event: Event): Promise<void> => {
    const { records_per_second: records, bytes_per_second: bytes } = form.texts()
    const checks = {
      records_per_second: wholeNumberProblem(records, LIMIT_MAX),
      bytes_per_second: wholeNumberProblem(bytes, LIMIT_MAX),
    }
    const done = await form.submit(event, checks, async () => {
      const wanted = {
        records_per_second: wholeNumber(records),
        bytes_per_second: wholeNumber(bytes),
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
    <FormDialog
      title={`Limits of ${props.of.name}`}
      form={form}
      action="Save limits"
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <Field
        label="Logs a second"
        type="number"
        autofocus
        hint="0 = no limit."
        {...form.field('records_per_second')}
      />
      <Field
        label="Bytes a second"
        type="number"
        hint="0 = no limit; 1048576 is a MiB."
        {...form.field('bytes_per_second')}
      />
    </FormDialog>
  )
}
