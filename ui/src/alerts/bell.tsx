import { createMemo, For, type JSX, onCleanup, Show } from 'solid-js'
import { browserClock, type Cancel, every } from '../clock.ts'
import { Icon } from '../kit/icon.tsx'
import { Ago } from '../kit/moment.tsx'
import { Popover } from '../kit/popover.tsx'
import { watch } from '../kit/reactive.ts'
import { may } from '../projects/permissions-model.ts'
import { projects } from '../projects/projects.ts'
import { Link } from '../shell/link.tsx'
import {
  type Begun,
  begunFiring,
  type Firing,
  firings,
  forgetAlerts,
  isKnown,
  isWatched,
  refreshAlerts,
  setBegunFiring,
} from './active-alerts.ts'
import { groupText } from './alert-model.ts'
import { activePath } from './alert-paths.ts'
import { createAlertPush } from './alert-push.ts'

const POLL_MS = 10_000
/** What is pushed is asked for once in so many. */
const PUSHED_TICKS = 6
/** Each is a question of its own. */
const PROJECTS_MAX = 20
const SHOWN = 30
const TOAST_MS = 12_000

/** What fires in the projects that one sees, wherever one is; says so when something begins. */
export function Bell(props: { readonly projectId: string | null }): JSX.Element {
  const seen = createMemo(() => seenProjects(props.projectId), [], {
    equals: (a, b) => a.join() === b.join(),
  })
  const refresh = (ids: readonly string[]): void => {
    for (const id of ids) if (isWatched(id)) void refreshAlerts(id)
  }
  watch(seen, refresh)
  const watched = createMemo(() => seen().find(id => id === props.projectId && isKnown(id)) ?? null)
  const isPushed = createAlertPush(watched, id => void refreshAlerts(id))
  let ticks = 0
  const tick = (): void => {
    // A socket may be dead without anybody knowing it.
    const isSlow = ++ticks % PUSHED_TICKS !== 0
    if (!document.hidden) refresh(seen().filter(id => !(isSlow && isPushed(id))))
  }
  onCleanup(every(browserClock, POLL_MS, tick))
  onCleanup(forgetAlerts)
  const count = (): number => firings().length
  const label = (): string => (count() === 0 ? 'Alerts: none fires' : `Alerts: ${count()} firing`)
  return (
    <>
      <Popover
        class="button button-quiet button-icon bell-button"
        label={label()}
        title={label()}
        align="end"
        panelClass="bell-panel"
        button={
          <>
            <Icon name="bell" />
            <Show when={count() > 0}>
              <span class="bell-count">{count() > 99 ? '99+' : count()}</span>
            </Show>
          </>
        }
      >
        {close => <FiringList projectId={props.projectId} onFollow={close} />}
      </Popover>
      {/* There before anything is said: only then is it read out. */}
      <div role="status" aria-label="A new alert">
        <Show when={begunFiring()} keyed>
          {begun => <FiringToast begun={begun} />}
        </Show>
      </div>
    </>
  )
}

function seenProjects(first: string | null): readonly string[] {
  return (projects() ?? [])
    .filter(project => may(project, 'logs.read'))
    .map(({ id }) => id)
    .toSorted((a, b) => Number(b === first) - Number(a === first))
    .slice(0, PROJECTS_MAX)
}

function FiringList(props: {
  readonly projectId: string | null
  readonly onFollow: () => void
}): JSX.Element {
  // Whoever looks has seen it, and it would lie over the list.
  setBegunFiring(null)
  return (
    <>
      <Show
        when={firings().length > 0}
        fallback={
          <p class="bell-none">
            <Icon name="check" />
            Nothing fires
          </p>
        }
      >
        <ul class="bell-list" aria-label="What fires">
          <For each={firings().slice(0, SHOWN)}>
            {firing => (
              <li>
                <FiringLink firing={firing} onFollow={props.onFollow} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.projectId}>
        {id => (
          <Link class="bell-all" href={activePath(id())} on:click={() => props.onFollow()}>
            All active alerts of {nameOf(id())}
          </Link>
        )}
      </Show>
    </>
  )
}

function FiringLink(props: {
  readonly firing: Firing
  /** That began with it. */
  readonly others?: number
  readonly onFollow: () => void
}): JSX.Element {
  const { projectId, alert } = props.firing
  const more = (props.others ?? 0) === 0 ? '' : `and ${props.others} more`
  const texts = [nameOf(projectId), groupText(alert), more]
  const about = texts.filter(text => text !== '').join(' · ')
  return (
    <Link
      class={`bell-item alert-${alert.severity}`}
      href={activePath(projectId, alert.id)}
      on:click={() => props.onFollow()}
    >
      <b>{alert.rule}</b>
      <span class="bell-ago">
        <Ago at={alert.since} />
      </span>
      <span class="bell-about">{about}</span>
    </Link>
  )
}

/** Goes away by itself, but not under one's hand; a link, because whoever sees it wants more. */
function FiringToast(props: { readonly begun: Begun }): JSX.Element {
  let cancel: Cancel = () => {}
  const close = (): void => void setBegunFiring(null)
  const leave = (): void => {
    cancel()
    cancel = browserClock.after(TOAST_MS, close)
  }
  leave()
  onCleanup(() => cancel())
  return (
    <div
      class="bell-toast"
      onMouseEnter={() => cancel()}
      onMouseLeave={leave}
      onFocusIn={() => cancel()}
      onFocusOut={leave}
    >
      <FiringLink firing={props.begun} others={props.begun.others} onFollow={close} />
      <button
        type="button"
        class="button button-quiet button-icon"
        aria-label="Close"
        onClick={close}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

function nameOf(projectId: string): string {
  return projects()?.find(({ id }) => id === projectId)?.name ?? projectId
}
