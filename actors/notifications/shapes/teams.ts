/** A workflow of Teams that waits for a webhook: an Adaptive Card (https://adaptivecards.io). */
import {
  type AlertMessage,
  isFiring,
  linksOf,
  severityOf,
  titleOf,
  toldChanges,
  toldLines,
} from '../alert-message.ts'
import type { OutgoingPost } from '../outgoing-post.ts'

export function teamsPost(message: AlertMessage, url: string): OutgoingPost {
  const severity = severityOf(message)
  const color = isFiring(message) ? (severity === 'info' ? 'Accent' : 'Attention') : 'Good'
  const body = [
    { ...block(titleOf(message)), size: 'Medium', weight: 'Bolder', color },
    ...toldChanges(message).map(block),
    ...toldLines(message).map(line => ({ ...block(line), fontType: 'Monospace', size: 'Small' })),
    ...(message.isRepeatPossible ? [block('This may have been told before.')] : []),
  ]
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
    actions: linksOf(message).map(link => ({ type: 'Action.OpenUrl', ...link })),
  }
  const attachments = [{ contentType: 'application/vnd.microsoft.card.adaptive', content }]
  return {
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'message', attachments }),
  }
}

function block(text: string) {
  return { type: 'TextBlock', text: escaped(text), wrap: true }
}

/** Text blocks read Markdown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~-]/g, found => `\\${found}`)
}
