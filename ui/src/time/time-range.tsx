import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { browserClock } from '../clock.ts'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import type { Zone } from '../kit/wall-time.ts'
import {
  inputMoment,
  PRESETS,
  parseMoment,
  parseRange,
  rangeInput,
  rangeText,
  resolveRange,
  type TimeRange,
  zoneName,
} from './time-range-model.ts'

export interface TimeRangeProps {
  readonly range: TimeRange
  readonly zone: Zone
  readonly onRange: (range: TimeRange) => void
  readonly onZone: (zone: Zone) => void
}

/** The span that is looked at: presets, two ends, or typed. */
export function TimeRangePicker(props: TimeRangeProps): JSX.Element {
  return (
    <Popover
      class="button range-button"
      panelClass="range-panel"
      align="end"
      title="Time range (t)"
      button={
        <>
          <Icon name="clock" />
          <span class="range-text">{rangeText(props.range, props.zone)}</span>
          <Icon name="chevron-down" />
        </>
      }
    >
      {close => {
        const choose = (range: TimeRange): void => {
          props.onRange(range)
          close()
        }
        return (
          <>
            <TypedRange {...props} onRange={choose} />
            <div class="range-columns">
              <ul class="range-presets">
                <For each={PRESETS}>
                  {({ label, seconds }) => (
                    <li>
                      <button
                        type="button"
                        class="menu-item"
                        aria-current={isRelative(props.range, seconds) ? 'true' : undefined}
                        onClick={() => choose({ kind: 'relative', seconds })}
                      >
                        {label}
                      </button>
                    </li>
                  )}
                </For>
              </ul>
              <AbsoluteRange {...props} onRange={choose} />
            </div>
          </>
        )
      }}
    </Popover>
  )
}

function TypedRange(props: TimeRangeProps): JSX.Element {
  const [text, setText] = createSignal(rangeInput(props.range, props.zone))
  const typed = createMemo(() =>
    parseRange(text(), { nowMs: browserClock.nowMs(), zone: props.zone }),
  )
  const reason = createMemo(() => {
    const result = typed()
    return result.ok ? null : result.reason
  })
  const apply = (event: Event): void => {
    event.preventDefault()
    const result = typed()
    if (result.ok) props.onRange(result.range)
  }
  return (
    <form class="range-typed" onSubmit={apply}>
      <input
        class="field"
        data-autofocus=""
        aria-label="Type a time range"
        aria-invalid={reason() !== null}
        aria-describedby="range-hint"
        autocomplete="off"
        spellcheck={false}
        value={text()}
        onInput={event => setText(event.currentTarget.value)}
        onFocus={event => event.currentTarget.select()}
      />
      <p class="hint" id="range-hint" classList={{ 'hint-wrong': reason() !== null }}>
        <Show when={reason()} fallback="15m, yesterday, 2026-11-21 09:00 to 10:30, 1763716800">
          {words => words()}
        </Show>
      </p>
    </form>
  )
}

function AbsoluteRange(props: TimeRangeProps): JSX.Element {
  const shown = resolveRange(props.range, browserClock.nowMs())
  const [from, setFrom] = createSignal(inputMoment(shown.fromMs, props.zone))
  const [to, setTo] = createSignal(inputMoment(shown.toMs, props.zone))
  const range = createMemo<TimeRange | null>(() => {
    const context = { nowMs: browserClock.nowMs(), zone: props.zone }
    const fromMs = parseMoment(from(), context)
    const toMs = parseMoment(to(), context)
    return fromMs === null || toMs === null || toMs <= fromMs
      ? null
      : { kind: 'absolute', fromMs, toMs }
  })
  const apply = (event: Event): void => {
    event.preventDefault()
    const chosen = range()
    if (chosen !== null) props.onRange(chosen)
  }
  const moment = (label: string, value: () => string, set: (text: string) => void): JSX.Element => (
    <label class="labelled">
      <span>{label}</span>
      <input
        class="field"
        type="datetime-local"
        step="1"
        value={value()}
        onInput={event => set(event.currentTarget.value)}
      />
    </label>
  )
  return (
    <form class="range-absolute" onSubmit={apply}>
      {moment('From', from, setFrom)}
      {moment('To', to, setTo)}
      <button type="submit" class="button button-primary" disabled={range() === null}>
        Apply
      </button>
      <div class="segments" role="group" aria-label="Time zone">
        <For each={['local', 'utc'] as const}>
          {zone => (
            <button
              type="button"
              class="segment"
              aria-pressed={props.zone === zone}
              onClick={() => props.onZone(zone)}
            >
              {zoneName(browserClock.nowMs(), zone)}
            </button>
          )}
        </For>
      </div>
    </form>
  )
}

function isRelative(range: TimeRange, seconds: number): boolean {
  return range.kind === 'relative' && range.seconds === seconds
}
