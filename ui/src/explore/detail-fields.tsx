import { For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { IconButton } from '../kit/icon-button.tsx'
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
  return (
    <div class="detail-field" classList={{ 'detail-wide': isLong(value) }}>
      <dt title={name}>{name}</dt>
      <dd>
        <span class={`detail-value value-${kind}`}>{value}</span>
        <span class="detail-actions">
          <Show when={props.field.filterable}>
            <IconButton
              icon="filter"
              label={`Only rows with this ${name}`}
              onPress={() => props.onFilter(name, value)}
            />
            <IconButton
              icon="minus"
              label={`Only rows without this ${name}`}
              onPress={() => props.onExclude(name, value)}
            />
          </Show>
          <IconButton
            icon="columns"
            label={`Column ${name}`}
            pressed={props.isColumn(name)}
            onPress={() => props.onColumn(name)}
          />
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
