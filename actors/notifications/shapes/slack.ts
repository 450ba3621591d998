/** An incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
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

const COLORS = { info: '#2f6fde', warning: '#d97706', critical: '#dc2626' } as const
const RESOLVED = '#16a34a'
/** Of a section's text, which Slack refuses beyond 3,000. */
const SECTION_CHARS_MAX = 2_900
const HEADER_CHARS_MAX = 150

export function slackPost(message: AlertMessage, url: string): OutgoingPost {
  const severity = severityOf(message)
  const known = severity in COLORS ? COLORS[severity as keyof typeof COLORS] : COLORS.warning
  const links = linksOf(message).map(({ title, url }) => `<${url}|${title}>`)
  const lines = toldLines(message)
  const blocks = [
    header(titleOf(message)),
    section(escaped(toldChanges(message).join('\n'))),
    ...(lines.length === 0 ? [] : [section(`\`\`\`${escaped(lines.join('\n'))}`, '```')]),
    section([...links, ...(message.isRepeatPossible ? ['possibly repeated'] : [])].join('  ·  ')),
  ]
  const color = isFiring(message) ? known : RESOLVED
  const body = { text: escaped(titleOf(message)), attachments: [{ color, blocks }] }
  return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
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
