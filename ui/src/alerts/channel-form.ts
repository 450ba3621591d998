/** The form of a channel: what each kind asks for, and the settings that come of it. */
import type { AlertChannel, ChannelKind, ChannelTemplate } from '#proto/alert-channel.ts'
import type { AlertSeverity } from '#proto/alert-rule.ts'
import type { ChannelWish, SettingsWish } from '../api/channels.ts'
import { pacingOf, pacingProblems, pacingTexts } from './channel-pacing-form.ts'
import { labelsProblem, printLabels, readLabels } from './label-text.ts'

export const CHANNEL_KIND_NAMES: Readonly<Record<ChannelKind, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  teams: 'Microsoft Teams',
  pagerduty: 'PagerDuty',
  alertmanager: 'Alertmanager',
  email: 'E-mail',
}

const EMPTY = {
  name: '',
  kind: 'webhook',
  url: '',
  /** Of a webhook; '' = the server makes one. */
  secret: '',
  routing_key: '',
  /** Addresses, by commas or lines. */
  to: '',
  severity: 'info',
  labels: '',
  enabled: 'yes',
  ...pacingTexts(),
  /** '' = as it comes. */
  template_title: '',
  template_body: '',
}
export type ChannelTexts = Readonly<Record<keyof typeof EMPTY, string>>
export type ChannelField = keyof ChannelTexts

interface SettingsField {
  readonly field: 'url' | 'secret' | 'routing_key' | 'to'
  readonly label: string
  readonly placeholder: string
  readonly hint: string
  readonly isOptional?: boolean
}

/** What a kind needs to reach its people. */
export const SETTINGS_FIELDS: Readonly<Record<ChannelKind, readonly SettingsField[]>> = {
  webhook: [
    {
      field: 'url',
      label: 'Address',
      placeholder: 'https://example.org/hook',
      hint: 'Gets JSON, signed as Standard Webhooks says.',
    },
    {
      field: 'secret',
      label: 'Secret',
      placeholder: 'whsec_…',
      hint: 'Made for you unless you have one.',
      isOptional: true,
    },
  ],
  slack: [
    {
      field: 'url',
      label: 'Address of the incoming webhook',
      placeholder: 'https://hooks.slack.com/services/…',
      hint: 'Slack makes one for a channel: Apps, Incoming Webhooks.',
    },
  ],
  teams: [
    {
      field: 'url',
      label: 'Address of the workflow',
      placeholder: 'https://….logic.azure.com/workflows/…',
      hint: 'Of a workflow “when a Teams webhook request is received”.',
    },
  ],
  pagerduty: [
    {
      field: 'routing_key',
      label: 'Integration key',
      placeholder: '32 letters and digits',
      hint: 'Of an integration with the Events API v2.',
    },
    {
      field: 'url',
      label: 'Address',
      placeholder: 'https://events.pagerduty.com',
      hint: 'Only for another region.',
      isOptional: true,
    },
  ],
  alertmanager: [
    {
      field: 'url',
      label: 'Base address',
      placeholder: 'http://alertmanager:9093',
      hint: 'It routes from there.',
    },
  ],
  email: [
    {
      field: 'to',
      label: 'To',
      placeholder: 'ops@example.org, ada@example.org',
      hint: 'Up to twenty addresses, each gets a message of its own.',
    },
  ],
}

export function channelTexts(channel: AlertChannel | null): ChannelTexts {
  if (channel === null) return EMPTY
  const { name, kind, severity, labels, enabled } = channel
  const about = { name, kind, severity, enabled: enabled ? 'yes' : 'no' }
  return {
    ...EMPTY,
    ...about,
    labels: printLabels(labels),
    ...pacingTexts(channel.pacing),
    template_title: channel.template.title,
    template_body: channel.template.body,
  }
}

export function channelAbout(texts: ChannelTexts): Omit<ChannelWish, 'settings'> {
  return {
    name: texts.name.trim(),
    enabled: texts.enabled === 'yes',
    severity: texts.severity as AlertSeverity,
    labels: readLabels(texts.labels),
    template: templateOf(texts),
    pacing: pacingOf(texts),
  }
}

export function templateOf(texts: ChannelTexts): ChannelTemplate {
  return { title: texts.template_title.trim(), body: texts.template_body }
}

/** null = nothing was entered: those of a channel that is there stay. */
export function channelSettings(texts: ChannelTexts): SettingsWish | null {
  const kind = texts.kind as ChannelKind
  const given = SETTINGS_FIELDS[kind].flatMap(({ field }) => {
    const text = texts[field].trim()
    if (text === '') return []
    return [[field, field === 'to' ? text.split(/[\s,;]+/).filter(Boolean) : text] as const]
  })
  return given.length === 0 ? null : { kind, ...Object.fromEntries(given) }
}

/** `isNew`: there are no settings that could stay. */
export function channelProblems(
  texts: ChannelTexts,
  isNew: boolean,
): Partial<Readonly<Record<ChannelField, string>>> {
  const problems: Partial<Record<ChannelField, string>> = { ...pacingProblems(texts) }
  if (texts.name.trim() === '') problems.name = 'a channel needs a name'
  const wrong = labelsProblem(texts.labels)
  if (wrong !== null) problems.labels = wrong
  const hasSettings = channelSettings(texts) !== null
  for (const { field, label, isOptional } of SETTINGS_FIELDS[texts.kind as ChannelKind]) {
    const text = texts[field].trim()
    if (text === '' && isOptional !== true && (isNew || hasSettings))
      problems[field] = `enter the ${label.toLowerCase()}`
    if (field === 'url' && text !== '' && !/^https?:\/\/\S+$/.test(text))
      problems.url = 'expected a web address, as in https://example.org/hook'
  }
  return problems
}

/** `settings.url` of an answer is the field `url`. */
export function withoutSettings(message: string): string {
  return message.replace(/^settings\.(\w+)(?:\.\d+)?: /, '$1: ')
}
