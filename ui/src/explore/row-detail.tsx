import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { Icon } from '../kit/icon.tsx'
import { agoText, clockText, dayText, type Zone, zoneText } from '../kit/wall-time.ts'
import {
  type DetailField,
  delayText,
  detailSections,
  fineTimeText,
  flagTexts,
  prettyMessage,
  rowJson,
} from './row-detail-model.ts'
import { rowTimeMs } from './row-order.ts'

export interface RowDetailProps {
  readonly row: Row
  readonly zone: Zone
  readonly nowMs: number
  readonly onFilter: (field: string, value: string) => void
  readonly onShare: () => void
  readonly onStep: (by: number) => void
  readonly onClose: () => void
}

/** All there is to know about one row, beside the list. */
export function RowDetail(props: RowDetailProps): JSX.Element {
  const [tab, setTab] = createSignal<'fields' | 'json'>('fields')
  const message = createMemo(() => prettyMessage(props.row.message))
  return (
    <aside class="detail" aria-label="Log details">
      <DetailHead {...props} />
      <div class="detail-scroll">
        <DetailTime row={props.row} zone={props.zone} nowMs={props.nowMs} />
        <div class="detail-message">
          <pre classList={{ 'detail-json': message().json }}>
            {message().text || '(empty message)'}
          </pre>
          <CopyButton text={props.row.message} what="Message" />
        </div>
        <For each={flagTexts(props.row)}>{text => <p class="detail-flag">{text}</p>}</For>
        <div class="tabs" role="tablist" aria-label="Representation">
          <For each={['fields', 'json'] as const}>
            {name => (
              <button
                type="button"
                role="tab"
                class="tab"
                aria-selected={tab() === name}
                onClick={() => setTab(name)}
              >
                {name === 'fields' ? 'Fields' : 'JSON'}
              </button>
            )}
          </For>
        </div>
        <Show
          when={tab() === 'fields'}
          fallback={
            <div class="detail-message">
              <pre class="detail-json">{rowJson(props.row)}</pre>
              <CopyButton text={rowJson(props.row)} what="JSON" />
            </div>
          }
        >
          <For each={detailSections(props.row)}>
            {section => (
              <section class="detail-section">
                <h3>{section.title}</h3>
                <dl>
                  <For each={section.fields}>
                    {field => <Field field={field} onFilter={props.onFilter} />}
                  </For>
                </dl>
              </section>
            )}
          </For>
        </Show>
      </div>
    </aside>
  )
}

function DetailHead(props: RowDetailProps): JSX.Element {
  const level = createMemo(() => props.row.level.toLowerCase())
  return (
    <header class="detail-head">
      <button
        type="button"
        class={`badge badge-${level()}`}
        title={`Only ${props.row.level}`}
        onClick={() => props.onFilter('level', props.row.level)}
      >
        {props.row.level}
      </button>
      <span class="detail-service">{props.row.service}</span>
      <div class="detail-tools">
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Newer log"
          title="Newer (k)"
          onClick={() => props.onStep(-1)}
        >
          <Icon name="chevron-up" />
        </button>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Older log"
          title="Older (j)"
          onClick={() => props.onStep(1)}
        >
          <Icon name="chevron-down" />
        </button>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Copy link to this log"
          title="Copy link"
          onClick={() => props.onShare()}
        >
          <Icon name="link" />
        </button>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Close details"
          title="Close (Esc)"
          onClick={() => props.onClose()}
        >
          <Icon name="close" />
        </button>
      </div>
    </header>
  )
}

function DetailTime(props: { row: Row; zone: Zone; nowMs: number }): JSX.Element {
  const timeMs = createMemo(() => rowTimeMs(props.row))
  return (
    <div class="detail-time">
      <time dateTime={props.row.time}>
        {dayText(timeMs(), props.zone)} {clockText(timeMs(), props.zone)}
        <span class="faint">{fineTimeText(props.row)}</span>
      </time>
      <span class="faint">
        {zoneText(timeMs(), props.zone)} · {agoText(timeMs(), props.nowMs)}
        <Show when={delayText(props.row)}>{text => <> · received after {text()}</>}</Show>
      </span>
    </div>
  )
}

function Field(props: {
  readonly field: DetailField
  readonly onFilter: (field: string, value: string) => void
}): JSX.Element {
  return (
    <div class="detail-field" classList={{ 'detail-wide': isLong(props.field.value) }}>
      <dt title={props.field.name}>{props.field.name}</dt>
      <dd class={`value-${props.field.kind}`}>{props.field.value}</dd>
      <div class="detail-actions">
        <Show when={props.field.filterable}>
          <button
            type="button"
            class="button button-quiet button-icon"
            aria-label={`Only rows with this ${props.field.name}`}
            title="Filter by this value"
            onClick={() => props.onFilter(props.field.name, props.field.value)}
          >
            <Icon name="filter" />
          </button>
        </Show>
        <CopyButton text={props.field.value} what={props.field.name} />
      </div>
    </div>
  )
}

/** Stack traces and their like get the whole width. */
function isLong(value: string): boolean {
  return value.length > 120 || value.includes('\n')
}
