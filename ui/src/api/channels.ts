/** Where alerts of a project are told. */
import type {
  AlertChannel,
  AlertDelivery,
  ChannelAbout,
  ChannelKind,
  ChannelTemplate,
} from '#proto/alert-channel.ts'
import type { ChannelPacingText } from '#proto/channel-pacing.ts'
import type { QueryFault } from '#proto/query/fault.ts'
import { call } from './client.ts'

/** Settings of a kind, as somebody writes them. */
export type SettingsWish = Readonly<Record<string, string | readonly string[]>>

export interface ChannelWish extends ChannelAbout {
  readonly pacing: ChannelPacingText
  /** Of a channel that is there they stay unless given. */
  readonly settings?: SettingsWish
}

/** `secret` is told this once, where the server made it. */
export type MadeChannel = AlertChannel & { readonly secret?: string }

const PATH = '/api/v1/channels'

export async function listChannels(
  project: string,
  signal?: AbortSignal,
): Promise<readonly AlertChannel[]> {
  const path = `${PATH}?${new URLSearchParams({ project })}`
  const options = signal === undefined ? {} : { signal }
  return (await call<{ channels: AlertChannel[] }>('GET', path, options)).channels
}

export async function readChannel(project: string, id: string): Promise<AlertChannel> {
  const found = (await listChannels(project)).find(channel => channel.id === id)
  if (found === undefined) throw new Error('the channel is gone')
  return found
}

export function createChannel(project: string, wish: ChannelWish): Promise<MadeChannel> {
  return call<MadeChannel>('POST', PATH, { body: { project, ...wish } })
}

/** 409 where the channel has another version by now. */
export function changeChannel(
  project: string,
  { id, version }: Pick<AlertChannel, 'id' | 'version'>,
  wish: ChannelWish,
): Promise<AlertChannel> {
  return call<AlertChannel>('PUT', channelPath(id), { body: { project, ...wish, version } })
}

export function deleteChannel(project: string, id: string): Promise<void> {
  return call<void>('DELETE', `${channelPath(id)}?${new URLSearchParams({ project })}`)
}

/** What templates would say of the last alert that fired, or of a made-up one (`sample`). */
export interface MessagePreview {
  readonly title: string
  readonly text: string
  /** What a channel of the kind is sent. */
  readonly payload: string | null
  readonly sample: boolean
  readonly faults: readonly TemplateFault[]
}

export interface TemplateFault extends QueryFault {
  readonly member: keyof ChannelTemplate
}

export function previewMessage(
  question: {
    readonly project: string
    readonly kind: ChannelKind
    readonly template: ChannelTemplate
  },
  signal: AbortSignal,
): Promise<MessagePreview> {
  return call<MessagePreview>('POST', `${PATH}/preview`, { body: question, signal })
}

/** Tells it of a firing that is none. */
export function testChannel(project: string, id: string): Promise<AlertDelivery> {
  return call<AlertDelivery>('POST', `${channelPath(id)}/test`, { body: { project } })
}

export async function listDeliveries(
  {
    project,
    id,
    before,
  }: { readonly project: string; readonly id: string; readonly before: string },
  signal: AbortSignal,
): Promise<readonly AlertDelivery[]> {
  const params = new URLSearchParams({ project })
  if (before !== '') params.set('before', before)
  const path = `${channelPath(id)}/deliveries?${params}`
  return (await call<{ deliveries: AlertDelivery[] }>('GET', path, { signal })).deliveries
}

/** Of what was given up: it is due once more. */
export function tellAgain(project: string, id: string, delivery: string): Promise<void> {
  const path = `${channelPath(id)}/deliveries/${encodeURIComponent(delivery)}/again`
  return call<void>('POST', path, { body: { project } })
}

function channelPath(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`
}
