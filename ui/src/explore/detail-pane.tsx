import { type JSX, Show } from 'solid-js'
import { copyText } from '../kit/clipboard.ts'
import { hasColumn, withColumn, withoutColumn } from './columns-model.ts'
import type { Explorer } from './explorer.ts'
import { toggleExcluded } from './field-terms-model.ts'
import { RowDetail } from './row-detail.tsx'

export interface DetailPaneProps {
  readonly explorer: Explorer
  readonly nowMs: number
  readonly filter: (field: string, value: string) => void
  readonly step: (by: number) => void
}

/** The open row, once it is there, or why it is not. */
export function DetailPane(props: DetailPaneProps): JSX.Element {
  const { state, change, openRow, openProblem } = props.explorer
  return (
    <Show when={state().row !== null}>
      <Show
        when={openRow()}
        fallback={
          <aside class="detail" aria-label="Log details" aria-busy={openProblem() === null}>
            <Show when={openProblem()} fallback={<p class="detail-missing faint">Loading…</p>}>
              {problem => (
                <div class="detail-missing">
                  <p>This log cannot be shown: {problem().message}</p>
                  <button type="button" class="button" onClick={() => props.explorer.closeRow()}>
                    Close
                  </button>
                </div>
              )}
            </Show>
          </aside>
        }
      >
        {row => (
          <RowDetail
            project={props.explorer.project().id}
            row={row()}
            tab={state().tab}
            zone={state().zone}
            nowMs={props.nowMs}
            onTab={tab => change({ tab }, { replace: true })}
            onOpen={other => props.explorer.open(other)}
            onShare={() => void copyText(props.explorer.shareUrl(row()), 'Link')}
            onFilter={props.filter}
            onExclude={(field, value) =>
              change({ query: toggleExcluded(state().query, field, value) })
            }
            isColumn={field => hasColumn(state().columns, field)}
            onColumn={field => {
              const { columns } = state()
              const next = hasColumn(columns, field) ? withoutColumn : withColumn
              change({ columns: next(columns, field) }, { replace: true })
            }}
            onStep={props.step}
            onClose={() => props.explorer.closeRow()}
          />
        )}
      </Show>
    </Show>
  )
}
