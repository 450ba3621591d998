/** A message as a channel of some kind would be sent it, escaped and cut as it goes out. */
import type { ChannelKind, ChannelSettings } from '#proto/alert-channel.ts'
import { alertMail } from './alert-mail.ts'
import type { AlertMessage } from './alert-message.ts'
import { postsOf } from './deliver.ts'

/** In place of what a channel is reached by, which nobody is shown. */
const SHOWN: Readonly<Record<Exclude<ChannelKind, 'email'>, PostSettings>> = {
  webhook: { kind: 'webhook', url: 'https://channel.invalid', secret: '' },
  slack: { kind: 'slack', url: 'https://channel.invalid' },
  teams: { kind: 'teams', url: 'https://channel.invalid' },
  pagerduty: { kind: 'pagerduty', routing_key: 'ROUTING_KEY' },
  alertmanager: { kind: 'alertmanager', url: 'https://channel.invalid' },
}

type PostSettings = Exclude<ChannelSettings, { readonly kind: 'email' }>

/** Of the first request, where there are several; of a mail its HTML. */
export function sentText(message: AlertMessage, kind: ChannelKind, nowUs: number): string {
  if (kind === 'email') return alertMail(message).html ?? ''
  const [first] = postsOf(message, SHOWN[kind], nowUs)
  return first?.body ?? ''
}
