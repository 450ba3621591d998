import { createSignal, For, type JSX, Show } from 'solid-js'
import { type AlertChannel, CHANNEL_KINDS, type ChannelKind } from '#proto/alert-channel.ts'
import { type ChannelWish, changeChannel, createChannel, readChannel } from '../api/channels.ts'
import { ApiError } from '../api/client.ts'
import { KnownVersion } from '../api/meanwhile.ts'
import { Choice, Field, Tick } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { secretOf } from '../kit/secret-once.tsx'
import { toast } from '../kit/toast.tsx'
import {
  CHANNEL_KIND_NAMES,
  type ChannelField,
  channelAbout,
  channelProblems,
  channelSettings,
  channelTexts,
  SETTINGS_FIELDS,
  withoutSettings,
} from './channel-form.ts'
import { ChannelPacingFields } from './channel-pacing-fields.tsx'
import { ChannelTemplateFields } from './channel-template-fields.tsx'
import { LabelsField } from './labels-field.tsx'

const FROM_SEVERITY = [
  ['info', 'All alerts'],
  ['warning', 'Warnings and critical ones'],
  ['critical', 'Critical ones alone'],
] as const
const KINDS = CHANNEL_KINDS.map(kind => [kind, CHANNEL_KIND_NAMES[kind]] as const)

/** Makes a channel, or changes one; a secret that was made is shown this once. */
export function ChannelDialog(props: {
  readonly project: string
  readonly channel: AlertChannel | null
  readonly onDone: () => void
  readonly onClose: () => void
}): JSX.Element {
  const form = createForm<ChannelField>(channelTexts(props.channel), { LOGBOY_NAME_TAKEN: 'name' })
  const [secret, setSecret] = createSignal<string | null>(null)
  const kind = (): ChannelKind => form.texts().kind as ChannelKind
  const isNew = (): boolean => props.channel === null
  const known = new KnownVersion(props.channel, id => {
    // The list behind the dialog.
    props.onDone()
    return readChannel(props.project, id)
  })
  const submit = async (event: Event): Promise<void> => {
    const texts = form.texts()
    const settings = channelSettings(texts)
    const wish = { ...channelAbout(texts), ...(settings === null ? {} : { settings }) }
    const isSaved = await form.submit(event, channelProblems(texts, isNew()), async () => {
      setSecret(await known.save(before => save(props.project, before, wish)))
      props.onDone()
    })
    if (!isSaved || secret() !== null) return
    toast(`${wish.name} is saved`)
    props.onClose()
  }
  return (
    <FormDialog
      title={props.channel === null ? 'New channel' : `Change ${props.channel.name}`}
      form={form}
      action="Save channel"
      onSubmit={event => void submit(event)}
      onClose={props.onClose}
      result={secretOf('signing secret', secret())}
    >
      <Field label="Name" placeholder="ops" autofocus {...form.field('name')} />
      <Choice
        label="Kind"
        name="kind"
        value={kind()}
        options={KINDS}
        disabled={!isNew()}
        onChange={chosen => form.set({ kind: chosen })}
      />
      <For each={SETTINGS_FIELDS[kind()]}>
        {({ field, label, placeholder, hint }) => (
          <Field
            label={label}
            placeholder={isNew() ? placeholder : 'as it is'}
            hint={hint}
            {...form.field(field)}
          />
        )}
      </For>
      <Show when={!isNew()}>
        <p class="hint">
          Settings are never shown again. They stay unless you enter all of them anew.
        </p>
      </Show>
      <Choice
        label="Is told of"
        name="severity"
        value={form.texts().severity as (typeof FROM_SEVERITY)[number][0]}
        options={FROM_SEVERITY}
        onChange={severity => form.set({ severity })}
      />
      <LabelsField
        hint="Only of rules that have all of these. Without any, of every rule."
        value={form.texts().labels}
        problem={form.fieldProblem('labels')}
        onInput={labels => form.set({ labels })}
      />
      <ChannelPacingFields form={form} />
      <ChannelTemplateFields project={props.project} kind={kind()} form={form} />
      <Tick
        label="In use"
        checked={form.texts().enabled === 'yes'}
        onChange={enabled => form.set({ enabled: enabled ? 'yes' : 'no' })}
      />
    </FormDialog>
  )
}

/** Answers the secret, if one was made. */
async function save(
  project: string,
  channel: AlertChannel | null,
  wish: ChannelWish,
): Promise<string | null> {
  try {
    if (channel === null) return (await createChannel(project, wish)).secret ?? null
    await changeChannel(project, channel, wish)
    return null
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new ApiError(withoutSettings(error.message), error.code, error.status)
  }
}
