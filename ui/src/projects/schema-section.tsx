import { createUniqueId, type JSX, Show } from 'solid-js'
import { changeSchema, readSchema } from '../api/projects.ts'
import { FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import type { ProjectPageProps } from './project-page.ts'

const EXAMPLE = `{
  "required": ["service", "level"],
  "properties": {
    "service": { "enum": ["checkout", "mail"] }
  }
}`

/** What records of the project have to fit. */
export function SchemaSection(props: ProjectPageProps): JSX.Element {
  const schema = createLoad(() => props.project.id, readSchemaText)
  return (
    <Section
      title="Schema"
      about="Records that do not fit this JSON Schema are refused with the reason, and kept as dead letters. Empty = every record is taken."
    >
      <Loaded load={schema} what="The schema">
        {text => <SchemaForm {...props} text={text()} onSaved={schema.setValue} />}
      </Loaded>
    </Section>
  )
}

function SchemaForm(
  props: ProjectPageProps & { readonly text: string; readonly onSaved: (text: string) => void },
): JSX.Element {
  const id = createUniqueId()
  const form = createForm({ schema: props.text })
  const text = (): string => form.texts().schema.trim()
  const submit = (event: Event): void => {
    void form.submit(event, { schema: schemaProblem(text()) }, async () => {
      await changeSchema(props.project.id, text() === '' ? null : JSON.parse(text()))
      props.onSaved(text())
      toast(text() === '' ? 'Every record is taken now' : 'Schema saved')
    })
  }
  return (
    <form novalidate class="stack card" onSubmit={submit}>
      <textarea
        class="field field-code"
        name="schema"
        rows={9}
        spellcheck={false}
        aria-label="JSON Schema of a record"
        aria-describedby={id}
        aria-invalid={form.fieldProblem('schema') !== null}
        placeholder={EXAMPLE}
        value={form.texts().schema}
        onInput={event => form.set({ schema: event.currentTarget.value })}
      />
      <p class="hint hint-wrong" id={id} aria-live="polite">
        {form.fieldProblem('schema')}
      </p>
      <FormProblem problem={form.problem()} />
      <div class="actions">
        <button
          type="submit"
          class="button button-primary"
          disabled={form.busy() || text() === props.text}
        >
          {form.busy() ? 'Saving…' : 'Save schema'}
        </button>
        <Show when={text() !== props.text}>
          <button type="button" class="button" onClick={() => form.set({ schema: props.text })}>
            Discard
          </button>
        </Show>
      </div>
    </form>
  )
}

async function readSchemaText(id: string, signal: AbortSignal): Promise<string> {
  const schema = await readSchema(id, signal)
  return schema === null ? '' : JSON.stringify(schema, null, 2)
}

function schemaProblem(text: string): string | null {
  if (text === '') return null
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? null : 'expected an object of JSON'
  } catch (error) {
    return (error as Error).message
  }
}
