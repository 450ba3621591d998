import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Json } from '#proto/api.ts'
import { searchLogs } from '../api/logs.ts'
import { fieldTerm } from '../explore/query-text-model.ts'
import { analysisRequest } from '../explore/search-model.ts'
import { createAsked } from '../kit/asked.ts'
import { numberText, shortCount } from '../kit/number-text.ts'
import { createFreshScope } from './fresh-scope.ts'
import type { PanelProps } from './log-panels.tsx'
import { Panel } from './panel.tsx'
import {
  numberFields,
  type SlowChoice,
  slowNumbers,
  slowQuery,
  suitableField,
  textFields,
} from './slow-model.ts'

/** Which paths, or whatever else the logs tell apart, take longest. */
export function SlowPanel(props: Pick<PanelProps, 'dashboard'>): JSX.Element {
  const { state, facts, change } = props.dashboard
  const { scope, paced } = createFreshScope(props.dashboard)
  facts.want()
  const choice = createMemo((): SlowChoice | null => {
    const field = state().slowField ?? suitableField(facts.fields(), 'number')
    const by = state().slowBy ?? suitableField(facts.fields(), 'by')
    return field === null || by === null ? null : { field, by }
  })
  const { answer, problem, busy } = createAsked(() => {
    const chosen = choice()
    return chosen === null ? null : analysisRequest(scope(), slowQuery('', chosen))
  }, paced(searchLogs))
  return (
    <Panel
      title="Slowest"
      note={
        <Show when={choice()}>
          {chosen => (
            <>
              <FieldSelect
                label="How long"
                names={numberFields(facts.fields())}
                value={chosen().field}
                onChoose={slowField => change({ slowField }, { replace: true })}
              />
              <FieldSelect
                label="Told apart by"
                names={textFields(facts.fields())}
                value={chosen().by}
                onChoose={slowBy => change({ slowBy }, { replace: true })}
              />
            </>
          )}
        </Show>
      }
      busy={busy()}
      problem={problem()}
    >
      <Show
        when={choice()}
        fallback={
          <p class="panel-empty">
            No field tells how long something took. Log a number such as <code>duration_ms</code>.
          </p>
        }
      >
        {chosen => (
          <SlowTable
            rows={answer()?.table?.rows ?? null}
            choice={chosen()}
            onChoose={(name, p95) =>
              props.dashboard.look({
                terms: [
                  fieldTerm(chosen().by, name),
                  `${fieldName(chosen().field)}>=${floorToDigits(p95)}`,
                ],
              })
            }
          />
        )}
      </Show>
    </Panel>
  )
}

function SlowTable(props: {
  /** null = they are on their way. */
  readonly rows: readonly (readonly Json[])[] | null
  readonly choice: SlowChoice
  /** The slowest logs of a place. */
  readonly onChoose: (name: string, p95: number) => void
}): JSX.Element {
  // By name: whoever has the keys on one stays there when the numbers move.
  const byName = createMemo(() => slowNumbers(props.rows ?? []))
  return (
    <Show
      when={(props.rows ?? []).length > 0}
      fallback={
        <p class="panel-empty">
          {props.rows === null ? 'Measuring…' : `No log of this range has ${props.choice.field}`}
        </p>
      }
    >
      <table class="slow-table">
        <thead>
          <tr>
            <th scope="col">{props.choice.by}</th>
            <For each={['count', 'p50', 'p95', 'max']}>{name => <th scope="col">{name}</th>}</For>
          </tr>
        </thead>
        <tbody>
          <For each={[...byName().keys()]}>
            {name => (
              <Show when={byName().get(name)}>
                {numbers => (
                  <tr>
                    <th scope="row">
                      <Show when={typeof name === 'string' ? name : null} fallback="(none)">
                        {place => (
                          <button
                            type="button"
                            class="link"
                            title="The logs of its slowest twentieth"
                            onClick={() => props.onChoose(place(), numbers().p95)}
                          >
                            {place()}
                          </button>
                        )}
                      </Show>
                    </th>
                    <td>{shortCount(numbers().count)}</td>
                    <td>{numberText(numbers().p50)}</td>
                    <td>
                      <b>{numberText(numbers().p95)}</b>
                    </td>
                    <td>{numberText(numbers().max)}</td>
                  </tr>
                )}
              </Show>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  )
}

export function FieldSelect(props: {
  readonly label: string
  readonly names: readonly string[]
  readonly value: string
  readonly onChoose: (name: string) => void
}): JSX.Element {
  const names = (): readonly string[] =>
    props.names.includes(props.value) ? props.names : [props.value, ...props.names]
  return (
    <select
      class="select-small"
      aria-label={props.label}
      title={props.label}
      onChange={event => props.onChoose(event.currentTarget.value)}
    >
      <For each={names()}>
        {name => (
          <option value={name} selected={name === props.value}>
            {name}
          </option>
        )}
      </For>
    </select>
  )
}

/** Not above the number, so that its own log stays in. */
function floorToDigits(value: number): number {
  return Math.floor(value * 1000) / 1000
}

function fieldName(field: string): string {
  return fieldTerm(field, 'x').slice(0, -1)
}
