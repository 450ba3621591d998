import { For, type JSX, Show } from 'solid-js'
import { alertOnPath } from '../alerts/rule-url.ts'
import { copyText } from '../kit/clipboard.ts'
import { Icon } from '../kit/icon.tsx'
import { may } from '../projects/permissions-model.ts'
import { Link } from '../shell/link.tsx'
import { TimeRangePicker } from '../time/time-range.tsx'
import type { ExploreState } from './explore-url-model.ts'
import type { Explorer } from './explorer.ts'
import { ExportMenu } from './export-menu.tsx'
import { LiveSwitch } from './live-status.tsx'
import { QueryBar } from './query-bar.tsx'
import { ViewsMenu } from './views-menu.tsx'

/** What is searched, when, and whether it goes on. */
export function ExploreToolbar(props: {
  readonly explorer: Explorer
  readonly nowMs: number
  readonly onSidebar: () => void
}): JSX.Element {
  const { state, view } = props.explorer
  const chosen = (): number => state().levels.length + state().services.length
  return (
    <div class="toolbar">
      <div class="toolbar-line">
        <button
          type="button"
          class="button button-icon"
          aria-label={`Filters${chosen() > 0 ? `, ${chosen()} chosen` : ''}`}
          title="Filters (f)"
          onClick={() => props.onSidebar()}
        >
          <Icon name="filter" />
          <Show when={chosen() > 0}>
            <span class="count-badge">{chosen()}</span>
          </Show>
        </button>
        <QueryBar
          query={state().query}
          projectId={props.explorer.project().id}
          facts={props.explorer.facts}
          busy={view().loading}
          onSearch={query =>
            query === state().query ? props.explorer.refresh() : props.explorer.change({ query })
          }
        />
        <TimeRangePicker
          range={state().range}
          zone={state().zone}
          onRange={range =>
            props.explorer.change({ range, live: state().live && range.kind === 'relative' })
          }
          onZone={zone => props.explorer.setZone(zone)}
        />
        <LiveSwitch on={state().live} view={view()} onToggle={() => props.explorer.toggleLive()} />
        <button
          type="button"
          class="button button-icon toolbar-again"
          aria-label="Search again"
          title="Search again (r)"
          onClick={() => props.explorer.refresh()}
        >
          <Icon name="refresh" />
        </button>
        <ViewsMenu explorer={props.explorer} />
        <Show when={may(props.explorer.project(), 'logs.export')}>
          <ExportMenu explorer={props.explorer} />
        </Show>
        <Show when={may(props.explorer.project(), 'alerts')}>
          <Link
            class="button button-icon toolbar-alert"
            aria-label="Alert on this"
            title="Alert on this"
            href={alertOnPath(props.explorer.project().id, state())}
          >
            <Icon name="bell" />
          </Link>
        </Show>
        <button
          type="button"
          class="button button-icon toolbar-share"
          aria-label="Copy a link to this view"
          title="Copy a link to this view (y)"
          onClick={() => void copyText(props.explorer.shareUrl(), 'Link')}
        >
          <Icon name="link" />
        </button>
      </div>
      <Show when={chosen() > 0}>
        <Pills explorer={props.explorer} />
      </Show>
    </div>
  )
}

/** The chosen filters, to be seen and taken back where the sidebar is hidden. */
function Pills(props: { readonly explorer: Explorer }): JSX.Element {
  const { state } = props.explorer
  const change = (patch: Partial<ExploreState>): void => props.explorer.change(patch)
  return (
    <ul class="pills" aria-label="Filters in force">
      <For each={state().levels}>
        {level => (
          <Pill
            name="level"
            value={level}
            onRemove={() => change({ levels: state().levels.filter(other => other !== level) })}
          />
        )}
      </For>
      <For each={state().services}>
        {service => (
          <Pill
            name="service"
            value={service}
            onRemove={() =>
              change({ services: state().services.filter(other => other !== service) })
            }
          />
        )}
      </For>
      <li>
        <button type="button" class="link" onClick={() => change({ levels: [], services: [] })}>
          Clear filters
        </button>
      </li>
    </ul>
  )
}

function Pill(props: {
  readonly name: string
  readonly value: string
  readonly onRemove: () => void
}): JSX.Element {
  return (
    <li class="pill">
      <span class="faint">{props.name}:</span>
      {props.value}
      <button
        type="button"
        class="pill-remove"
        aria-label={`Remove the filter ${props.name} ${props.value}`}
        onClick={() => props.onRemove()}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}
