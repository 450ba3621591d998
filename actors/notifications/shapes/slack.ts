/** An incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
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

const COLORS = { info: '#2f6fde', warning: '#d97706', critical: '#dc2626' } as const
const RESOLVED = '#16a34a'
/** Of a section's text, which Slack refuses beyond 3,000. */
const SECTION_CHARS_MAX = 2_900
const SECTION = new RegExp(`[^]{1,${SECTION_CHARS_MAX}}`, 'g')
const HEADER_CHARS_MAX = 150

export function slackPost(message: AlertMessage, url: string): OutgoingPost {
  const severity = severityOf(message)
  const known = severity in COLORS ? COLORS[severity as keyof typeof COLORS] : COLORS.warning
  const links = linksOf(message).map(({ title, url }) => `<${url}|${title}>`)
  const body = messageBody(message, escaped)
  const blocks = [
    header(messageTitle(message)),
    ...(body === null ? sectionsOf(message) : sectionsWith(body)),
    section([...links, ...(message.isRepeatPossible ? ['possibly repeated'] : [])].join('  ·  ')),
  ]
  const color = isFiring(message) ? known : RESOLVED
  const sent = { text: escaped(messageTitle(message)), attachments: [{ color, blocks }] }
  return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) }
}

function sectionsOf(message: AlertMessage) {
  const [first, last] = [toldFirst(message), toldLines(message)]
  const texts = [...toldChanges(message), ...toldSeries(message), ...findingsTexts(message)]
  return [
    section(escaped(texts.join('\n'))),
    ...(first.length === 0 ? [] : [code('First\n', first)]),
    ...(last.length === 0 ? [] : [code(first.length === 0 ? '' : 'Last\n', last)]),
  ]
}

function code(title: string, lines: readonly string[]) {
  return section(`${title}\`\`\`${escaped(lines.join('\n'))}`, '```')
}

/** Of a template, whose author may write markup: as many as Slack needs. */
function sectionsWith(body: string) {
  return (body.match(SECTION) ?? []).filter(text => text.trim() !== '').map(text => section(text))
}

function header(text: string) {
  return { type: 'header', text: { type: 'plain_text', text: text.slice(0, HEADER_CHARS_MAX) } }
}

function section(text: string, end = '') {
  return { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, SECTION_CHARS_MAX) + end } }
}

/** The three that Slack reads as markup; a log must not ping a channel. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', 'ˋ')
}
