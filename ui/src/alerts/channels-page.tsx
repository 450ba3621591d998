import { createSignal, For, type JSX, Show } from 'solid-js'
import type { AlertChannel, AlertDelivery } from '#proto/alert-channel.ts'
import { listAlertRules, type StoredRule } from '../api/alerts.ts'
import { deleteChannel, listChannels, testChannel } from '../api/channels.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { whyNot } from '../projects/permissions-model.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { SeverityTag } from './alert-marks.tsx'
import { ChannelDialog } from './channel-dialog.tsx'
import { CHANNEL_KIND_NAMES } from './channel-form.ts'
import { pacingWords } from './channel-pacing-form.ts'
import { rulesOf } from './channel-rules.ts'
import { DeliveriesDialog, DeliveryAnswer } from './deliveries-dialog.tsx'

/** Where alerts are told: each with what it hears of, a test, and what came of deliveries. */
export function ChannelsPage(props: ProjectPageProps): JSX.Element {
  const channels = createLoad(() => props.project.id, listChannels)
  const rules = createLoad(() => props.project.id, listAlertRules)
  const [editing, setEditing] = createSignal<AlertChannel | 'new' | null>(null)
  const [reading, setReading] = createSignal<AlertChannel | null>(null)
  const [deleting, setDeleting] = createSignal<AlertChannel | null>(null)
  const denied = (): string | undefined => whyNot(props.project, 'alerts')
  return (
    <Section
      title="Channels"
      about="Where alerts are told. Nobody is told twice, and after a crash nobody is forgotten."
      tools={
        <button
          type="button"
          class="button button-primary"
          disabled={denied() !== undefined}
          title={denied()}
          onClick={() => setEditing('new')}
        >
          <Icon name="plus" />
          New channel
        </button>
      }
    >
      <Loaded load={channels} what="The channels">
        {list => (
          <Show when={list().length > 0} fallback={<NoChannels />}>
            <ul class="channel-list" aria-label="Channels">
              <For each={list()}>
                {channel => (
                  <ChannelCard
                    {...props}
                    channel={channel}
                    rules={rulesOf(channel, rules.value() ?? [])}
                    denied={denied()}
                    onEdit={() => setEditing(channel)}
                    onRead={() => setReading(channel)}
                    onDelete={() => setDeleting(channel)}
                  />
                )}
              </For>
            </ul>
          </Show>
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {channel => (
          <ChannelDialog
            project={props.project.id}
            channel={channel === 'new' ? null : channel}
            onDone={channels.reload}
            onClose={() => setEditing(null)}
          />
        )}
      </Show>
      <Show when={reading()} keyed>
        {channel => (
          <DeliveriesDialog
            project={props.project.id}
            channel={channel}
            denied={denied()}
            onClose={() => setReading(null)}
          />
        )}
      </Show>
      <Show when={deleting()} keyed>
        {channel => (
          <ConfirmDialog
            title={`Delete ${channel.name}?`}
            action="Delete channel"
            onConfirm={async () => {
              await deleteChannel(props.project.id, channel.id)
              toast('Channel deleted')
              channels.reload()
            }}
            onClose={() => setDeleting(null)}
          >
            It is told nothing any more, not even what waits to be told now.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

interface CardProps extends ProjectPageProps {
  readonly channel: AlertChannel
  /** Those that it hears of. */
  readonly rules: readonly StoredRule[]
  readonly denied: string | undefined
  readonly onEdit: () => void
  readonly onRead: () => void
  readonly onDelete: () => void
}

function ChannelCard(props: CardProps): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const [came, setCame] = createSignal<AlertDelivery | Error | null>(null)
  const test = async (): Promise<void> => {
    setBusy(true)
    setCame(null)
    try {
      setCame(await testChannel(props.project.id, props.channel.id))
    } catch (error) {
      setCame(error as Error)
    }
    setBusy(false)
  }
  const isDenied = (): boolean => props.denied !== undefined
  return (
    <li class="channel-card" classList={{ 'channel-off': !props.channel.enabled }}>
      <div class="channel-what">
        <p>
          <b>{props.channel.name}</b>
          <span class="tag">{CHANNEL_KIND_NAMES[props.channel.kind]}</span>
          <Show when={!props.channel.enabled}>
            <span class="tag tag-off">not in use</span>
          </Show>
        </p>
        <p class="channel-target">{props.channel.target}</p>
        <p class="channel-hears">
          <span>
            {props.rules.length === 1 ? 'Hears of 1 rule' : `Hears of ${props.rules.length} rules`}
          </span>
          <Show when={props.channel.severity !== 'info'}>
            <span>
              from <SeverityTag severity={props.channel.severity} /> on
            </span>
          </Show>
          <For each={pacingWords(props.channel.pacing)}>{words => <span>{words}</span>}</For>
          <For each={Object.entries(props.channel.labels)}>
            {([name, text]) => (
              <span class="alert-tag">
                {name}={text}
              </span>
            )}
          </For>
        </p>
      </div>
      <div class="alert-actions">
        <button
          type="button"
          class="button button-small"
          disabled={busy() || isDenied()}
          title={props.denied ?? 'Tell it of a firing that is none'}
          onClick={() => void test()}
        >
          <Icon name="send" />
          {busy() ? 'One moment…' : 'Test'}
        </button>
        <button type="button" class="button button-small" onClick={() => props.onRead()}>
          Deliveries
        </button>
        <button
          type="button"
          class="button button-small"
          disabled={isDenied()}
          title={props.denied}
          onClick={() => props.onEdit()}
        >
          Change
        </button>
        <button
          type="button"
          class="button button-small button-warn"
          disabled={isDenied()}
          title={props.denied}
          onClick={() => props.onDelete()}
        >
          Delete
        </button>
      </div>
      <Show when={came()} keyed>
        {result => (
          <div class="channel-came" role="status">
            <DeliveryAnswer came={result} />
          </div>
        )}
      </Show>
    </li>
  )
}

function NoChannels(): JSX.Element {
  return (
    <div class="empty">
      <Icon name="send" />
      <h2>Nobody is told yet</h2>
      <p>
        Alerts are seen here and in the bell. A channel tells people where they are: by webhook,
        Slack, Teams, PagerDuty, Alertmanager or mail.
      </p>
    </div>
  )
}
