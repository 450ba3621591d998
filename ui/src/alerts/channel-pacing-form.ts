/** The part of a channel's form about how often it is told of what. */
import {
  type ChannelPacingText,
  EVERY_ALERT,
  PACING_DEFAULTS,
  PACING_LABELS_MAX,
  type PacingTime,
  pacingTimeFault,
  printPacing,
} from '#proto/channel-pacing.ts'

/** What of alerts comes in one message. */
export const PACING_GROUPS = [
  ['rule', 'Alerts of one rule'],
  ['all', 'Everything'],
  ['each', 'Each alert by itself'],
  ['labels', 'Alerts with the same …'],
] as const
export type PacingGroup = (typeof PACING_GROUPS)[number][0]

export const PACING_FIELDS: readonly (readonly [PacingTime, string, string])[] = [
  ['wait', 'The first waits for others', 'So that what breaks together is told together.'],
  ['interval', 'Then nothing for', 'News of the same kind is gathered meanwhile.'],
  ['repeat', 'Told again every', 'While it fires and nobody has acknowledged it.'],
  ['cooldown', 'Not anew within', 'An alert that comes and goes is told once in this time.'],
]

const DEFAULTS = printPacing(PACING_DEFAULTS)

/** '' = not at all. */
export type PacingTexts = Readonly<Record<PacingTime | 'group' | 'group_by', string>>

export function pacingTexts(pacing: ChannelPacingText = DEFAULTS): PacingTexts {
  const group = groupOf(pacing.group_by)
  return {
    group,
    group_by: group === 'labels' ? pacing.group_by.join(', ') : '',
    wait: timeText(pacing.wait),
    interval: timeText(pacing.interval),
    repeat: timeText(pacing.repeat),
    cooldown: timeText(pacing.cooldown),
  }
}

export function pacingOf(texts: PacingTexts): ChannelPacingText {
  const time = (name: PacingTime): string => texts[name].trim() || DEFAULTS[name]
  return {
    group_by: groupByOf(texts),
    wait: time('wait'),
    interval: time('interval'),
    repeat: time('repeat'),
    cooldown: time('cooldown'),
  }
}

export function pacingProblems(
  texts: PacingTexts,
): Partial<Readonly<Record<keyof PacingTexts, string>>> {
  const problems: Partial<Record<keyof PacingTexts, string>> = {}
  const { length } = groupByOf(texts)
  if (texts.group === 'labels' && (length === 0 || length > PACING_LABELS_MAX)) {
    problems.group_by = `enter one to ${PACING_LABELS_MAX} labels or fields, as in team, host`
  }
  for (const [name] of PACING_FIELDS) {
    const fault = texts[name].trim() === '' ? null : pacingTimeFault(name, texts[name])
    if (fault !== null) problems[name] = fault
  }
  return problems
}

/** What differs from being told at once, each rule by itself; `waits 30s`. */
export function pacingWords({
  group_by,
  wait,
  interval,
  repeat,
  cooldown,
}: ChannelPacingText): readonly string[] {
  const group = groupOf(group_by)
  const together = group === 'all' ? 'all together' : `by ${group_by.join(', ')}`
  const by = group === 'rule' ? '' : group === 'each' ? 'each by itself' : together
  return [
    by,
    wait === '0s' ? '' : `waits ${wait}`,
    interval === '0s' ? '' : `at most every ${interval}`,
    repeat === '0s' ? '' : `again every ${repeat}`,
    cooldown === '0s' ? '' : `not anew within ${cooldown}`,
  ].filter(text => text !== '')
}

function groupOf(names: readonly string[]): PacingGroup {
  if (names.length === 0) return 'all'
  if (names.includes(EVERY_ALERT)) return 'each'
  return names.join() === DEFAULTS.group_by.join() ? 'rule' : 'labels'
}

function groupByOf({ group, group_by: names }: PacingTexts): readonly string[] {
  if (group === 'all') return []
  if (group === 'each') return [EVERY_ALERT]
  return group === 'rule' ? DEFAULTS.group_by : names.split(/[\s,;]+/).filter(Boolean)
}

function timeText(text: string): string {
  return text === '0s' ? '' : text
}
