import { createMemo, For, type JSX, Show } from 'solid-js'
import { type Pattern, readPatterns } from '../api/facts.ts'
import { createAsked } from '../kit/asked.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { countText, shortCount } from '../kit/number-text.ts'
import { createNow } from '../kit/reactive.ts'
import { agoText, sinceText, timeMs } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'
import type { Explorer } from './explorer.ts'
import { rangeFilter, scopeFilter } from './field-facts.ts'
import {
  orderPatterns,
  PATTERN_ORDERS,
  type PatternOrder,
  patternPieces,
  sparkPath,
  timeBefore,
} from './pattern-model.ts'
import { fieldTerm, withTerm } from './query-text-model.ts'
import type { SearchScope } from './search-model.ts'

const PATTERNS_SHOWN = 200
/** How often they are counted anew while rows stream in. */
const LIVE_STEP_MS = 10_000
const SPARK = { width: 120, height: 22 }
const ORDER_NAMES: Readonly<Record<PatternOrder, string>> = {
  frequent: 'Most frequent',
  newest: 'Newest',
}

/** The sentences behind the logs: how often each occurs, since when, and which are new. */
export function PatternsView(props: {
  readonly explorer: Explorer
  readonly nowMs: number
}): JSX.Element {
  const { scope, state, change } = props.explorer
  const step = createNow(LIVE_STEP_MS)
  const moved = createMemo((): SearchScope | null => {
    const known = scope()
    if (known === null || !state().live) return known
    const passedMs = Math.max(0, step() - known.searchedMs)
    return { ...known, fromMs: known.fromMs + passedMs, searchedMs: known.searchedMs + passedMs }
  })
  const question = createMemo(() => {
    const known = moved()
    return known === null ? null : { ...scopeFilter(known), limit: PATTERNS_SHOWN }
  })
  const before = createMemo(() => {
    const known = scope()
    if (known === null) return null
    const { fromMs, toMs } = timeBefore(spanOf(known))
    return { ...rangeFilter({ ...known, fromMs, toMs }), limit: 500 }
  })
  const { answer, problem, busy } = createAsked(question, readPatterns)
  const old = createAsked(before, readPatterns)
  const known = createMemo(() => new Set(old.answer()?.patterns.map(pattern => pattern.pattern_id)))
  const isNew = (pattern: Pattern): boolean =>
    (old.answer()?.total ?? 0) > 0 && !known().has(pattern.pattern_id)
  const shown = createMemo(() => {
    const all = orderPatterns(answer()?.patterns ?? [], state().order)
    return state().newOnly ? all.filter(isNew) : all
  })
  return (
    <div class="patterns" aria-busy={busy()}>
      <header class="patterns-head">
        <Show when={answer()}>
          {facts => (
            <p>
              <b>{countText(facts().patterns_total)}</b> patterns in {countText(facts().total)} logs
            </p>
          )}
        </Show>
        <div class="segments" role="group" aria-label="Order">
          <For each={PATTERN_ORDERS}>
            {name => (
              <button
                type="button"
                class="segment"
                aria-pressed={state().order === name}
                onClick={() => change({ order: name }, { replace: true })}
              >
                {ORDER_NAMES[name]}
              </button>
            )}
          </For>
        </div>
        <label class="patterns-new">
          <input
            type="checkbox"
            checked={state().newOnly}
            onChange={event => change({ newOnly: event.currentTarget.checked }, { replace: true })}
          />
          New only
        </label>
      </header>
      <Show when={problem()}>
        {error => (
          <p class="panel-problem" role="alert">
            {error().message}
          </p>
        )}
      </Show>
      <ul class="pattern-list" aria-label="Patterns">
        <For each={shown()}>
          {pattern => (
            <PatternLine
              pattern={pattern}
              barMs={(answer()?.interval ?? 60) * 1000}
              interval={spanOf(moved() as SearchScope)}
              largest={answer()?.patterns[0]?.share ?? 1}
              isNew={isNew(pattern)}
              {...props}
            />
          )}
        </For>
      </ul>
      <Show when={answer() !== null && shown().length === 0}>
        <p class="panel-empty">{state().newOnly ? 'Nothing new here' : 'No logs match'}</p>
      </Show>
      <Show when={answer() === null && busy()}>
        <p class="panel-empty">
          <span class="spinner" /> Finding patterns…
        </p>
      </Show>
    </div>
  )
}

function PatternLine(props: {
  readonly explorer: Explorer
  readonly nowMs: number
  readonly pattern: Pattern
  readonly barMs: number
  /** Share of the most frequent pattern. */
  readonly largest: number
  readonly interval: Interval
  readonly isNew: boolean
}): JSX.Element {
  const { state, change } = props.explorer
  const term = (): string => fieldTerm('pattern_id', props.pattern.pattern_id)
  const level = (): string => (props.pattern.examples[0]?.level ?? 'INFO').toLowerCase()
  return (
    <li class={`pattern-line row-${level()}`}>
      <button
        type="button"
        class="pattern-button"
        title="Show its logs"
        onClick={() => change({ view: 'logs', query: withTerm(state().query, term()) })}
      >
        <span class="pattern-count number">{shortCount(props.pattern.count)}</span>
        <span class="pattern-share">
          <span style={{ '--share': props.pattern.share / props.largest }} />
          <small>{shareText(props.pattern.share)}</small>
        </span>
        <svg class="spark" width={SPARK.width} height={SPARK.height} aria-hidden="true">
          <path
            d={sparkPath(props.pattern.counts, props.barMs, { interval: props.interval, ...SPARK })}
          />
        </svg>
        <span class="pattern-text">
          <Show when={props.isNew}>
            <span class="badge-new">
              new since {sinceText(timeMs(props.pattern.first_seen), props.nowMs, state().zone)}
            </span>
          </Show>
          <For each={patternPieces(props.pattern.pattern)}>
            {({ text, isValue }) => (isValue ? <i>{text}</i> : <>{text}</>)}
          </For>
        </span>
        <span class="pattern-seen faint">
          {agoText(timeMs(props.pattern.last_seen), props.nowMs)}
        </span>
      </button>
      <IconButton
        icon="minus"
        label="Without this pattern"
        title="Leave it out"
        onPress={() => change({ query: withTerm(state().query, `-${term()}`) })}
      />
    </li>
  )
}

export function shareText(share: number): string {
  const percent = share * 100
  return percent >= 10 ? `${Math.round(percent)} %` : `${percent.toFixed(percent < 0.1 ? 2 : 1)} %`
}

function spanOf({ fromMs, toMs, searchedMs }: SearchScope): Interval {
  return { fromMs, toMs: toMs ?? searchedMs }
}
