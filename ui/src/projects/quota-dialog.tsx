import { createSignal, type JSX } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { isMeanwhile } from '../api/meanwhile.ts'
import {
  changeKey,
  changeQuotas,
  type LimitsChange,
  type QuotaLimits,
  readQuotas,
} from '../api/projects.ts'
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
  const [expected, setExpected] = createSignal<QuotaLimits>({
    records_per_second: limits.records_per_second,
    bytes_per_second: limits.bytes_per_second,
  })
  const form = createForm({
    records_per_second: String(limits.records_per_second),
    bytes_per_second: String(limits.bytes_per_second),
  })
  const change = async (body: LimitsChange): Promise<void> => {
    const { id } = props.project
    const { key } = props.of
    try {
      await (key === null ? changeQuotas(id, body) : changeKey(id, key, body))
    } catch (error) {
      if (!isMeanwhile(error)) throw error
      const { keys, ...ofProject } = await readQuotas(id)
      const now = key === null ? ofProject : keys.find(other => other.id === key)
      if (now === undefined) throw error
      setExpected({
        records_per_second: now.records_per_second,
        bytes_per_second: now.bytes_per_second,
      })
      const limitsNow = `${now.records_per_second} logs and ${now.bytes_per_second} bytes a second`
      const what = `somebody else changed this meanwhile: it is now ${limitsNow}`
      throw new Error(`${what}. Save again to replace it`)
    }
  }
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
      await change({ ...wanted, expected: expected() })
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
