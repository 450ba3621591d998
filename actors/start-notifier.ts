/** What tells people of alerts, wherever the page is served. A part of topology.ts. */
import type { Closing } from './closing.ts'
import type { Foundation } from './foundation.ts'
import type { InstallationKey } from './identity/installation-key.ts'
import type { Mailer } from './mail/mailer.ts'
import { AlertLinks } from './notifications/alert-links.ts'
import { SealedSettings } from './notifications/channel-settings.ts'
import { Evidence, type EvidenceDeps } from './notifications/evidence.ts'
import { faultTeller } from './notifications/fault-teller.ts'
import { notifier } from './notifications/notifier.ts'

export interface NotifierParts extends Omit<EvidenceDeps, 'rules' | 'pool'> {
  readonly key: InstallationKey
  readonly mailer: Mailer
}

/** Answers what opens the settings of channels, and the links of messages. */
export function startNotifier(
  { config, shape, system, catalog, coordination, pool, random, onFault }: Foundation,
  { key, mailer, ...parts }: NotifierParts,
  closing: Closing,
): { readonly channelSettings: SealedSettings; readonly alertLinks: AlertLinks } {
  const settings = new SealedSettings(key.derived('alert channels'), random)
  const evidence = new Evidence({ ...parts, rules: catalog.alertRules, pool })
  const alertLinks = new AlertLinks(key.derived('alert links'), parts.publicUrl)
  // Its messages lead to the page: whoever does not serve it knows no address of it.
  if (!shape.roles.has('api')) return { channelSettings: settings, alertLinks }
  const telling = system.spawn(notifier, {
    outbox: catalog.channelOutbox,
    silences: catalog.silences,
    coordination,
    settings,
    random,
    mailer,
    allowPrivate: config.webhookPrivate,
    evidence: changes => evidence.of(changes),
    link: changes => evidence.link(changes),
    links: alertLinks,
    onFault,
  })
  system.spawn(faultTeller, {
    faults: catalog.alertFaults,
    channels: catalog.alertChannels,
    members: catalog.members,
    settings,
    mailer,
    allowPrivate: config.webhookPrivate,
    publicUrl: parts.publicUrl,
    onFault,
  })
  const look = (hint: Uint8Array): void =>
    void telling.offer({ type: 'hinted', hint: Buffer.from(hint).toString() })
  closing.add(coordination.subscribe('alerts', look))
  return { channelSettings: settings, alertLinks }
}
