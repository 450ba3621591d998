import { type Accessor, createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js'
import {
  type AlertRule,
  type AlertRuleText,
  measuredBy,
  printAggregate,
} from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { type Preview, previewRule } from '../api/alerts.ts'
import { type ChartLevel, TimechartView } from '../charts/timechart.tsx'
import { browserClock } from '../clock.ts'
import { createAsked } from '../kit/asked.ts'
import { Icon } from '../kit/icon.tsx'
import { countText } from '../kit/number-text.ts'
import { createStored, watch } from '../kit/reactive.ts'
import { clockText, timeMs } from '../kit/wall-time.ts'
import { FiringTable } from './firing-table.tsx'
import {
  bandOf,
  firingSpans,
  firingsOf,
  firingsText,
  notificationsText,
  previewChart,
} from './preview-model.ts'
import { ruleSentence } from './rule-sentence.ts'
import { warmUpText } from './rule-words.ts'

const SPANS = [
  ['1h', 'the last hour'],
  ['6h', 'the last 6 hours'],
  ['1d', 'the last day'],
  ['7d', 'the last 7 days'],
] as const
type Span = (typeof SPANS)[number][0]
const SPAN_NAMES: readonly Span[] = SPANS.map(([name]) => name)
/** After the last letter. */
const SETTLED_MS = 400
const FIRINGS_SHOWN = 5

/** What the rule would have said of late, while it is written. */
export function RulePreview(props: {
  readonly projectId: string
  /** null = the form is not a rule yet. */
  readonly rule: AlertRuleText | null
}): JSX.Element {
  const [span, setSpan] = createStored<Span>('alert-preview', SPAN_NAMES, '1h')
  const settled = createSettled(() => props.rule)
  const { answer, problem, busy } = createAsked(() => {
    const rule = settled()
    if (rule === null) return null
    return { project: props.projectId, rule, start_time: `now-${span()}`, end_time: 'now' }
  }, previewRule)
  const rule = createMemo(() => {
    const parsed = parseAlertRule(settled())
    return parsed.type === 'rule' ? parsed.rule : null
  })
  return (
    <section class="card rule-preview" aria-label="Preview" aria-busy={busy()}>
      <header class="rule-preview-head">
        <h2>Preview</h2>
        <Show when={busy()}>
          <span class="spinner" />
        </Show>
        <select
          class="field field-small"
          aria-label="Preview of"
          onChange={event => setSpan(event.currentTarget.value as Span)}
        >
          {SPANS.map(([name, words]) => (
            <option value={name} selected={span() === name}>
              {words}
            </option>
          ))}
        </select>
      </header>
      <Show when={rule()} fallback={<Unfinished />}>
        {known => (
          <>
            <p class="rule-sentence">{ruleSentence(known())}</p>
            <Show when={problem()}>
              {found => (
                <p class="form-problem" role="alert">
                  <Icon name="warning" />
                  <span>{found().message}</span>
                </p>
              )}
            </Show>
            <Show when={problem() === null ? answer() : null}>
              {found => <PreviewChart preview={found()} rule={known()} />}
            </Show>
          </>
        )}
      </Show>
    </section>
  )
}

function Unfinished(): JSX.Element {
  return (
    <p class="rule-unfinished">
      <Icon name="bars" />
      Say what is watched and when it fires: here is what it would have said.
    </p>
  )
}

/** Follows when nothing has changed for a moment. */
function createSettled<T>(source: Accessor<T>): Accessor<T> {
  const [settled, setSettled] = createSignal(source())
  watch(
    () => JSON.stringify(source()),
    () => onCleanup(browserClock.after(SETTLED_MS, () => setSettled(() => source()))),
  )
  return settled
}

function PreviewChart(props: { readonly preview: Preview; readonly rule: AlertRule }): JSX.Element {
  const hasBand = (): boolean => bandOf(props.preview, props.rule) !== null
  const chart = createMemo(() => {
    const { aggregate } = props.rule
    const shown = hasBand() ? measuredBy(aggregate) : aggregate
    return previewChart(props.preview, props.rule, printAggregate(shown))
  })
  const firings = createMemo(() => firingsOf(props.preview.changes))
  const endMs = (): number => timeMs(props.preview.end_time)
  return (
    <>
      <TimechartView
        chart={chart()}
        zone="local"
        height={190}
        label={`${chart().measure} over time, which ${firingsText(firings())}`}
        levels={hasBand() ? [] : levelsOf(props.rule)}
        spans={firingSpans(firings(), endMs())}
      />
      <p class="rule-outcome" classList={{ 'rule-fires': firings().length > 0 }} role="status">
        <Icon name={firings().length > 0 ? 'bell' : 'check'} />
        <span>
          It <b>{firingsText(firings())}</b>
          <Show when={firings().length > 0}>
            {' '}
            ({notificationsText(props.preview.notifications)})
          </Show>
          . {countText(props.preview.rows)} {props.preview.rows === 1 ? 'log was' : 'logs were'}{' '}
          looked at.
          <LeftOut {...props.preview} />
        </span>
      </p>
      <Show when={props.preview.warm_up}>
        {warmUp => (
          <p class="hint">
            At the end it still warms up ({warmUpText(warmUp())}): look at a longer time.
          </p>
        )}
      </Show>
      <FiringTable firings={firings()} shown={FIRINGS_SHOWN} endMs={endMs()} />
    </>
  )
}

/** What the answer is not about. */
export function LeftOut(
  props: Pick<Preview, 'left_out' | 'late' | 'end_time' | 'rows'>,
): JSX.Element {
  return (
    <>
      <Show when={props.rows >= 1_000_000}>
        {' '}
        That is as many as fit: it ends at {clockText(timeMs(props.end_time), 'local').slice(0, 8)}.
      </Show>
      <Show when={props.left_out > 0}>
        {' '}
        {countText(props.left_out)} belong to groups beyond the limit.
      </Show>
      <Show when={props.late > 0}> {countText(props.late)} came too late to count.</Show>
    </>
  )
}

function levelsOf({ condition, resolve }: AlertRule): readonly ChartLevel[] {
  if (condition === null) return []
  const levels = [{ name: 'fires', value: condition.threshold }]
  return resolve === null ? levels : [...levels, { name: 'over', value: resolve }]
}
