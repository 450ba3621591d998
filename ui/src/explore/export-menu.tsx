import { For, type JSX } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import type { Explorer } from './explorer.ts'
import { type ExportFormat, exportPath, type SearchScope } from './search-model.ts'

const FORMATS: readonly (readonly [ExportFormat, string, string])[] = [
  ['ndjson', 'NDJSON', 'a JSON object a line, everything in it'],
  ['csv', 'CSV', 'for spreadsheets; formulas are made harmless'],
  ['parquet', 'Parquet', 'for DuckDB, pandas and their like'],
]

/** All that match as a file, made while it is read. */
export function ExportMenu(props: { readonly explorer: Explorer }): JSX.Element {
  const { scope, state } = props.explorer
  const columns = (): readonly string[] => [
    'time',
    'level',
    ...state().columns.map(({ name }) => name),
    'message',
  ]
  return (
    <Popover
      class="button button-icon"
      label="Export"
      title="Export"
      align="end"
      panelClass="menu"
      button={<Icon name="download" />}
    >
      {close => (
        <>
          <For each={FORMATS}>
            {([format, name, meaning], index) => (
              <a
                class="menu-item"
                data-autofocus={index() === 0 ? '' : undefined}
                download=""
                href={exportHref(scope(), format)}
                onClick={close}
              >
                <Icon name="download" />
                <span>
                  {name}
                  <small class="menu-meaning">{meaning}</small>
                </span>
              </a>
            )}
          </For>
          <a
            class="menu-item"
            download=""
            href={exportHref(scope(), 'csv', columns())}
            onClick={close}
          >
            <Icon name="columns" />
            <span>
              CSV of these columns
              <small class="menu-meaning">{columns().join(', ')}</small>
            </span>
          </a>
          <p class="menu-note">All that match, newest first; a million rows a file.</p>
        </>
      )}
    </Popover>
  )
}

function exportHref(
  scope: SearchScope | null,
  format: ExportFormat,
  columns?: readonly string[],
): string | undefined {
  return scope === null ? undefined : exportPath(scope, format, columns)
}
