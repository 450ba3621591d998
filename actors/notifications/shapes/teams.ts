/** A workflow of Teams that waits for a webhook: an Adaptive Card (https://adaptivecards.io). */
import {
  type AlertMessage,
  findingsTexts,
  isFiring,
  linksOf,
  severityOf,
  toldChanges,
  toldFirst,
  toldLines,
  toldSeries,
} from '../alert-message.ts'
import { messageBody, messageTitle } from '../message-text.ts'
import type { OutgoingPost } from '../outgoing-post.ts'

export function teamsPost(message: AlertMessage, url: string): OutgoingPost {
  const severity = severityOf(message)
  const color = isFiring(message) ? (severity === 'info' ? 'Accent' : 'Attention') : 'Good'
  const text = messageBody(message, escaped)
  const body = [
    { ...block(messageTitle(message)), size: 'Medium', weight: 'Bolder', color },
    ...(text === null ? blocksOf(message) : blocksWith(text)),
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

function blocksOf(message: AlertMessage) {
  const [first, last] = [toldFirst(message), toldLines(message)]
  const texts = [...toldChanges(message), ...toldSeries(message), ...findingsTexts(message)]
  return [
    ...texts.map(block),
    ...(first.length === 0 ? [] : [block('First'), ...first.map(codeBlock), block('Last')]),
    ...last.map(codeBlock),
  ]
}

function codeBlock(line: string) {
  return { ...block(line), fontType: 'Monospace', size: 'Small' }
}

/** Of a template, whose author may write Markdown: a line each. */
function blocksWith(text: string) {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => ({ ...block(''), text: line }))
}

function block(text: string) {
  return { type: 'TextBlock', text: escaped(text), wrap: true }
}

/** Text blocks read Markdown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~-]/g, found => `\\${found}`)
}
