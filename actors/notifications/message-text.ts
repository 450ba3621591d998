/** What a message says in words: as its channel wants it, or as it comes. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { ChannelTemplate } from '#proto/alert-channel.ts'
import { formatTime } from '#proto/time.ts'
import {
  type AlertMessage,
  groupText,
  linksOf,
  oneLine,
  plainText,
  REPEATED,
  rulesOf,
  severityOf,
  stateOf,
  thresholdOf,
  titleOf,
} from './alert-message.ts'
import {
  type MESSAGE_NAMES,
  type MessageTemplate,
  parseTemplate,
  renderTemplate,
  type TemplateScope,
} from './message-template.ts'
import { valueText } from './told-text.ts'

type Names = Readonly<Record<(typeof MESSAGE_NAMES)[number], string>>

/** One line. */
export function messageTitle(message: AlertMessage): string {
  return oneLine(rendered(message, 'title', plain) ?? '') || titleOf(message)
}

/** As its channel wants it; null = as it comes. Values pass `escape`. */
export function messageBody(
  message: AlertMessage,
  escape: (value: string) => string = plain,
): string | null {
  return rendered(message, 'body', escape)
}

/** The whole as plain text; links that the template does not have follow. */
export function messageText(message: AlertMessage): string {
  const body = messageBody(message)
  if (body === null) return plainText(message)
  const links = linksOf(message)
    .filter(({ url }) => !body.includes(url))
    .map(({ title, url }) => `${title.toLowerCase()}: ${url}`)
  const repeated = message.isRepeatPossible ? [REPEATED] : []
  return [body, '', ...links, ...repeated].join('\n')
}

function plain(value: string): string {
  return value
}

function rendered(
  message: AlertMessage,
  part: keyof ChannelTemplate,
  escape: (value: string) => string,
): string | null {
  const text = message.template[part]
  const template = text === '' ? null : compiled(text)
  return template === null ? null : renderTemplate(template, messageScope(message), escape)
}

function messageScope(message: AlertMessage): TemplateScope {
  const [first] = message.changes
  if (first === undefined) throw new RangeError('a message tells something')
  return {
    text: name => (name === 'severity' ? severityOf(message) : textOf(message, first, name)),
    list: name =>
      name === 'changes'
        ? message.changes.map(change => changeScope(message, change))
        : message.lines.map(line => ({
            text: member => oneLine(lineText(line, member) ?? textOf(message, first, member)),
            list: () => [],
          })),
  }
}

function changeScope(message: AlertMessage, change: HistoryEntry): TemplateScope {
  return { text: name => textOf(message, change, name), list: () => [] }
}

function lineText(
  { time, level, service, message }: AlertMessage['lines'][number],
  name: string,
): string | undefined {
  return new Map(Object.entries({ time, level, service, message })).get(name)
}

/** Of one change. */
function textOf(message: AlertMessage, change: HistoryEntry, name: string): string {
  const [map, ...field] = name.split('.')
  const { about } = change
  const key = field.join('.')
  if (map === 'group' && key !== '') return oneLine(own(about.group, key))
  if (map === 'labels' && key !== '') return oneLine(own(about.labels, key))
  return oneLine(own(namesOf(message, change), name))
}

function own(values: Readonly<Record<string, string | null>>, key: string): string {
  return Object.hasOwn(values, key) ? (values[key] ?? '') : ''
}

function namesOf(message: AlertMessage, { about, value, windowEndUs }: HistoryEntry): Names {
  const { link, actions, project, changes } = message
  const threshold = thresholdOf(about)
  return {
    state: stateOf(message),
    rule: about.rule,
    rules: rulesOf(message).join(', '),
    severity: about.severity,
    condition: about.condition,
    value: value === null ? '' : valueText(value),
    threshold: threshold === null ? '' : valueText(threshold),
    group: groupText(about.group),
    time: formatTime(windowEndUs, 0),
    count: String(changes.length),
    project: project.name,
    link,
    runbook: about.runbook ?? '',
    acknowledge: actions?.acknowledge ?? '',
    silence: actions?.silence ?? '',
    repeated: message.isRepeatPossible ? 'possibly repeated' : '',
  }
}

/** Templates that are kept parsed: some kilobytes each. */
const COMPILED_MAX = 100
const known = new Map<string, MessageTemplate | null>()

/** null = an older version took it, and this one cannot read it. */
function compiled(text: string): MessageTemplate | null {
  const before = known.get(text)
  if (before !== undefined) return before
  const parsed = parseTemplate(text)
  const fresh = parsed.type === 'template' ? parsed.template : null
  known.set(text, fresh)
  const oldest = known.keys().next()
  if (known.size > COMPILED_MAX && oldest.done !== true) known.delete(oldest.value)
  return fresh
}
