import { createMemo, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { IconButton } from '../kit/icon-button.tsx'
import { agoText, clockText, dayText, type Zone, zoneText } from '../kit/wall-time.ts'
import { readAnsi } from './ansi-model.ts'
import { ContextPane } from './context-pane.tsx'
import { DetailFields, type FieldActions } from './detail-fields.tsx'
import type { DetailTab } from './explore-url-model.ts'
import { delayText, fineTimeText, flagTexts, prettyMessage, rowJson } from './row-detail-model.ts'
import { rowTimeMs } from './row-order.ts'
import { textParts } from './row-text-model.ts'

export interface RowDetailProps extends FieldActions {
  readonly project: string
  readonly row: Row
  readonly tab: DetailTab
  readonly zone: Zone
  readonly nowMs: number
  readonly onTab: (tab: DetailTab) => void
  readonly onOpen: (row: Row) => void
  readonly onShare: () => void
  readonly onStep: (by: number) => void
  readonly onClose: () => void
}

const TAB_NAMES: Readonly<Record<DetailTab, string>> = {
  fields: 'Fields',
  json: 'JSON',
  context: 'Context',
  trace: 'Trace',
}

/** All there is to know about one row, beside the list. */
export function RowDetail(props: RowDetailProps): JSX.Element {
  const tabs = (): readonly DetailTab[] => [
    'fields',
    'json',
    'context',
    ...(props.row.trace_id === null ? [] : (['trace'] as const)),
  ]
  const tab = (): DetailTab => (tabs().includes(props.tab) ? props.tab : 'fields')
  return (
    <aside class="detail" aria-label="Log details">
      <DetailHead {...props} />
      <div class="detail-scroll" tabIndex={0} role="region" aria-label="Contents of the log">
        <DetailTime row={props.row} zone={props.zone} nowMs={props.nowMs} />
        <DetailMessage row={props.row} />
        <For each={flagTexts(props.row)}>{text => <p class="detail-flag">{text}</p>}</For>
        <div class="tabs" role="tablist" aria-label="Representation">
          <For each={tabs()}>
            {name => (
              <button
                type="button"
                role="tab"
                class="tab"
                aria-selected={tab() === name}
                onClick={() => props.onTab(name)}
              >
                {TAB_NAMES[name]}
              </button>
            )}
          </For>
        </div>
        <Switch>
          <Match when={tab() === 'fields'}>
            <DetailFields {...props} />
          </Match>
          <Match when={tab() === 'json'}>
            <div class="detail-message">
              <pre class="detail-json">{rowJson(props.row)}</pre>
              <CopyButton text={rowJson(props.row)} what="JSON" />
            </div>
          </Match>
          <Match when={tab() === 'context'}>
            <ContextPane {...props} by="service" />
          </Match>
          <Match when={tab() === 'trace'}>
            <ContextPane {...props} by="trace" />
          </Match>
        </Switch>
      </div>
    </aside>
  )
}

/** JSON indented, colours of terminals as colours. */
function DetailMessage(props: { readonly row: Row }): JSX.Element {
  const message = createMemo(() => prettyMessage(props.row.message))
  const parts = createMemo(() => textParts(readAnsi(message().text), []))
  return (
    <div class="detail-message">
      <pre classList={{ 'detail-json': message().json }}>
        <Show when={props.row.message !== ''} fallback="(empty message)">
          <For each={parts()}>
            {({ text, style }) => (style === '' ? <>{text}</> : <span class={style}>{text}</span>)}
          </For>
        </Show>
      </pre>
      <CopyButton text={props.row.message} what="Message" />
    </div>
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
      <h2 class="detail-service">{props.row.service || '(no service)'}</h2>
      <div class="detail-tools">
        <IconButton
          icon="chevron-up"
          label="Newer log"
          title="Newer (k)"
          onPress={() => props.onStep(-1)}
        />
        <IconButton
          icon="chevron-down"
          label="Older log"
          title="Older (j)"
          onPress={() => props.onStep(1)}
        />
        <IconButton
          icon="link"
          label="Copy link to this log"
          title="Copy link (y)"
          onPress={() => props.onShare()}
        />
        <IconButton
          icon="close"
          label="Close details"
          title="Close (Esc)"
          onPress={() => props.onClose()}
        />
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
