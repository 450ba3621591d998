import { createSignal, For, type JSX, Show } from 'solid-js'
import { importAlertRules } from '../api/alerts.ts'
import { FormProblem, Tick } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { toast } from '../kit/toast.tsx'
import { type FileFault, fileFaults, offsetOf } from './rule-file-model.ts'

const EXAMPLE = `rules:
  - name: Checkout errors
    query: service:checkout level:error
    window: 5m
    condition: '> 20'`

/** Rules from a file: all of them, or none and where it is wrong. */
export function ImportDialog(props: {
  readonly project: string
  readonly onDone: () => void
  readonly onClose: () => void
}): JSX.Element {
  const form = createForm({ text: '' }, { LOGBOY_BAD_RULE: 'text' })
  const [replace, setReplace] = createSignal(true)
  let box: HTMLTextAreaElement | undefined
  const faults = (): readonly FileFault[] => fileFaults(form.fieldProblem('text') ?? '')
  const submit = async (event: Event): Promise<void> => {
    const { text } = form.texts()
    const checks = { text: needed(text, 'choose a file, or paste its text') }
    const sent = await form.submit(event, checks, () =>
      importAlertRules(props.project, text, replace()),
    )
    if (!sent) return
    toast('Rules imported')
    props.onDone()
    props.onClose()
  }
  const pick = async (file: File | undefined): Promise<void> => {
    if (file !== undefined) form.set({ text: await file.text() })
  }
  const show = ({ line, column }: FileFault): void => {
    const at = offsetOf(form.texts().text, line, column)
    box?.focus()
    box?.setSelectionRange(at, at + 1)
  }
  return (
    <FormDialog
      title="Import rules"
      class="dialog-wide"
      form={form}
      action="Import"
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
    >
      <label class="labelled">
        <span>File</span>
        <input
          type="file"
          class="file-input"
          accept=".yaml,.yml,.json"
          onChange={event => void pick(event.currentTarget.files?.[0])}
        />
      </label>
      <label class="labelled">
        <span>YAML or JSON</span>
        <textarea
          ref={element => {
            box = element
          }}
          class="field field-code"
          rows={12}
          spellcheck={false}
          placeholder={EXAMPLE}
          value={form.texts().text}
          aria-invalid={form.fieldProblem('text') !== null}
          onInput={event => form.set({ text: event.currentTarget.value })}
        />
      </label>
      <FormProblem problem={faults().length > 0 ? null : form.fieldProblem('text')} />
      <Show when={faults().length > 0}>
        <ul class="file-faults" role="alert">
          <For each={faults()}>
            {fault => (
              <li>
                <button type="button" class="link" onClick={() => show(fault)}>
                  line {fault.line}, column {fault.column}
                </button>
                <span>{fault.message}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Tick
        label="Rules of the same name become those of the file"
        checked={replace()}
        onChange={setReplace}
      />
    </FormDialog>
  )
}
