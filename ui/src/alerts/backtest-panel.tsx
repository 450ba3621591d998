import { createSignal, For, type JSX, Show } from 'solid-js'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import { backtestRule } from '../api/alerts.ts'
import { listChannels } from '../api/channels.ts'
import { browserClock } from '../clock.ts'
import { FormProblem } from '../kit/field.tsx'
import { Icon } from '../kit/icon.tsx'
import { createLoad } from '../kit/load.tsx'
import { countText } from '../kit/number-text.ts'
import { createStored } from '../kit/reactive.ts'
import { timeMs, type Zone } from '../kit/wall-time.ts'
import { TimeRangePicker } from '../time/time-range.tsx'
import { resolveRange, type TimeRange } from '../time/time-range-model.ts'
import { FiringTable } from './firing-table.tsx'
import { firingsOf } from './preview-model.ts'
import { LeftOut } from './rule-preview.tsx'

const SHOWN = 20
const DAY_SECONDS = 86_400

/** How often the rule would have fired in any time that is stored, by the code that runs live. */
export function BacktestPanel(props: {
  readonly projectId: string
  readonly rule: AlertRuleText | null
}): JSX.Element {
  const [range, setRange] = createSignal<TimeRange>({ kind: 'relative', seconds: DAY_SECONDS })
  const [zone, setZone] = createStored<Zone>('zone', ['local', 'utc'], 'local')
  const [asked, setAsked] = createSignal<Parameters<typeof backtestRule>[0] | null>(null)
  const test = createLoad(asked, backtestRule)
  const channels = createLoad(() => props.projectId, listChannels)
  const [channel, setChannel] = createSignal('')
  const run = (): void => {
    if (props.rule === null) return
    const { fromMs, toMs } = resolveRange(range(), browserClock.nowMs())
    setAsked({
      project: props.projectId,
      rule: props.rule,
      start_time: new Date(fromMs).toISOString(),
      end_time: new Date(toMs).toISOString(),
      ...(channel() === '' ? {} : { channel: channel() }),
    })
  }
  return (
    <section class="card backtest" aria-label="Backtest" aria-busy={test.busy()}>
      <header class="rule-preview-head">
        <h2>Backtest</h2>
        <Show when={test.busy()}>
          <span class="spinner" />
        </Show>
        <TimeRangePicker range={range()} zone={zone()} onRange={setRange} onZone={setZone} />
        <Show when={(channels.value() ?? []).length > 0}>
          <select
            class="field field-small"
            aria-label="Notifications of"
            onChange={event => setChannel(event.currentTarget.value)}
          >
            <option value="">no channel</option>
            <For each={channels.value() ?? []}>
              {({ id, name }) => <option value={id}>{name}</option>}
            </For>
          </select>
        </Show>
        <button
          type="button"
          class="button"
          disabled={props.rule === null || test.busy()}
          onClick={run}
        >
          <Icon name="play" />
          Run backtest
        </button>
      </header>
      <p class="hint">
        Every stored log of that time goes through the very code that runs live. Narrow queries are
        fast.
      </p>
      <FormProblem problem={test.problem()?.message ?? null} />
      <Show when={test.problem() === null ? test.value() : null}>
        {found => (
          <>
            <dl class="facts">
              <div>
                <dt>Firings</dt>
                <dd>{countText(found().firings)}</dd>
              </div>
              <div>
                <dt>Notifications</dt>
                <dd>{countText(found().notifications)}</dd>
              </div>
              <div>
                <dt>Groups that fired</dt>
                <dd>
                  {
                    new Set(firingsOf(found().changes).map(({ group }) => JSON.stringify(group)))
                      .size
                  }
                </dd>
              </div>
              <div>
                <dt>Logs that match</dt>
                <dd>{countText(found().rows)}</dd>
              </div>
            </dl>
            <p class="hint">
              <LeftOut {...found()} />
            </p>
            <FiringTable
              firings={firingsOf(found().changes)}
              shown={SHOWN}
              endMs={timeMs(found().end_time)}
            />
          </>
        )}
      </Show>
    </section>
  )
}
