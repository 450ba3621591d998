import { For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { Icon, type IconName } from '../kit/icon.tsx'
import { type DetailField, detailSections } from './row-detail-model.ts'

export interface FieldActions {
  readonly onFilter: (field: string, value: string) => void
  readonly onExclude: (field: string, value: string) => void
  readonly isColumn: (field: string) => boolean
  readonly onColumn: (field: string) => void
}

/** Fields in reading order, each with what can be done with it. */
export function DetailFields(props: FieldActions & { readonly row: Row }): JSX.Element {
  return (
    <For each={detailSections(props.row)}>
      {section => (
        <section class="detail-section">
          <h3>{section.title}</h3>
          <dl>
            <For each={section.fields}>{field => <Field {...props} field={field} />}</For>
          </dl>
        </section>
      )}
    </For>
  )
}

function Field(props: FieldActions & { readonly field: DetailField }): JSX.Element {
  const { name, value, kind } = props.field
  const tool = (text: string, icon: IconName, run: () => void, pressed?: boolean): JSX.Element => (
    <button
      type="button"
      class="button button-quiet button-icon"
      aria-label={text}
      aria-pressed={pressed}
      title={text}
      onClick={run}
    >
      <Icon name={icon} />
    </button>
  )
  return (
    <div class="detail-field" classList={{ 'detail-wide': isLong(value) }}>
      <dt title={name}>{name}</dt>
      <dd>
        <span class={`detail-value value-${kind}`}>{value}</span>
        <span class="detail-actions">
          <Show when={props.field.filterable}>
            {tool(`Only rows with this ${name}`, 'filter', () => props.onFilter(name, value))}
            {tool(`Only rows without this ${name}`, 'minus', () => props.onExclude(name, value))}
          </Show>
          {tool(`Column ${name}`, 'columns', () => props.onColumn(name), props.isColumn(name))}
          <CopyButton text={value} what={name} />
        </span>
      </dd>
    </div>
  )
}

/** Stack traces and their like get the whole width. */
function isLong(value: string): boolean {
  return value.length > 120 || value.includes('\n')
}
