/**
 * Where alerts are told: a channel of a project as plain data. What it does not match by severity
 * and labels it is not told. docs/alert-channels.md says what each kind sends.
 */
import { ALERT_SEVERITIES, type AlertRule, type AlertSeverity } from './alert-rule.ts'
import type { ChannelPacingText } from './channel-pacing.ts'

export const CHANNEL_KINDS = [
  'webhook',
  'slack',
  'teams',
  'pagerduty',
  'alertmanager',
  'email',
] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** What each kind needs to reach its people; secrets are in it. */
export type ChannelSettings =
  /** `secret` signs as https://www.standardwebhooks.com says: `whsec_` and base64. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  /** The address of an incoming webhook is its secret. */
  | { readonly kind: 'slack' | 'teams'; readonly url: string }
  /** Events API v2. `url` is PagerDuty's own unless given. */
  | { readonly kind: 'pagerduty'; readonly routing_key: string; readonly url?: string }
  /** The base address of an Alertmanager, which routes from there. */
  | { readonly kind: 'alertmanager'; readonly url: string }
  | { readonly kind: 'email'; readonly to: readonly string[] }

/** What people say of a channel beside how it is reached. */
export interface ChannelAbout {
  readonly name: string
  readonly enabled: boolean
  /** Told from this severity on. */
  readonly severity: AlertSeverity
  /** A rule must have all of them. */
  readonly labels: Readonly<Record<string, string>>
  readonly template: ChannelTemplate
}

/** Whether it is told of a rule: of its severity on, and with all of its labels. */
export function hearsOf(
  { severity, labels }: Pick<ChannelAbout, 'severity' | 'labels'>,
  rule: Pick<AlertRule, 'severity' | 'labels'>,
): boolean {
  const isHeavy = ALERT_SEVERITIES.indexOf(rule.severity) >= ALERT_SEVERITIES.indexOf(severity)
  return isHeavy && Object.entries(labels).every(([name, text]) => rule.labels[name] === text)
}

/** What its messages say, see docs/alert-channels.md; '' = as they come. */
export interface ChannelTemplate {
  readonly title: string
  readonly body: string
}

/** `GET alerts/channels`: `target` says where it leads, without what is secret. */
export interface AlertChannel extends ChannelAbout {
  readonly id: string
  readonly kind: ChannelKind
  readonly target: string
  readonly pacing: ChannelPacingText
  readonly created_at: string
  readonly updated_at: string
  /** Rises with every change; handed back with one. */
  readonly version: number
}

/**
 * `delivered`: taken by the other side. `failed`: it said no, and is asked again. `given_up`: it
 * is not asked any more. `unknown`: nobody answered, so it may have been told.
 */
export const DELIVERY_OUTCOMES = ['delivered', 'failed', 'given_up', 'unknown'] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]

/** `GET alerts/channels/:id/deliveries`, newest first. */
export interface AlertDelivery {
  readonly id: string
  readonly at: string
  /** From 1. */
  readonly attempt: number
  readonly outcome: DeliveryOutcome
  /** Of the other side, where there was one. */
  readonly status: number | null
  readonly answer: string
  readonly took_ms: number
  /** Changes of state it told, by their number in the history. */
  readonly changes: readonly string[]
  /** A sender died before it knew whether it had told them. */
  readonly possibly_repeated: boolean
  /** It told that something still fires. */
  readonly reminder: boolean
}
