import { createUniqueId, type JSX, Show } from 'solid-js'
import { isMeanwhile } from '../api/meanwhile.ts'
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
  const schema = createLoad(() => props.project.id, readText)
  return (
    <Section
      title="Schema"
      about="Records that do not fit this JSON Schema are refused with the reason, and kept as dead letters. Empty = every record is taken."
    >
      <Loaded load={schema} what="The schema">
        {read => <SchemaForm {...props} {...read()} onRead={schema.setValue} />}
      </Loaded>
    </Section>
  )
}

/** As it was read; '' = there is none. */
interface SchemaText {
  readonly text: string
  readonly version: string
}

function SchemaForm(
  props: ProjectPageProps & SchemaText & { readonly onRead: (read: SchemaText) => void },
): JSX.Element {
  const id = createUniqueId()
  const form = createForm({ schema: props.text })
  const text = (): string => form.texts().schema.trim()
  const submit = (event: Event): void => {
    void form.submit(event, { schema: schemaProblem(text()) }, async () => {
      const { id } = props.project
      const wanted = text() === '' ? null : JSON.parse(text())
      try {
        await changeSchema(id, wanted, props.version)
      } catch (error) {
        if (!isMeanwhile(error)) throw error
        // What was typed stays; what it stands beside from now on is theirs.
        props.onRead(await readText(id))
        throw new Error(`${(error as Error).message}. Save again to replace it, discard to see it`)
      }
      props.onRead({ text: text(), version: (await readSchema(id)).version })
      toast(wanted === null ? 'Every record is taken now' : 'Schema saved')
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

async function readText(id: string, signal?: AbortSignal): Promise<SchemaText> {
  const { schema, version } = await readSchema(id, signal)
  return { text: schema === null ? '' : JSON.stringify(schema, null, 2), version }
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
