/**
 * How often a channel is told of what: which alerts come in one message, how long the first of them
 * waits for others, and how long nothing is told after it. docs/alert-channels.md tells people.
 */
import { printDuration } from './alert-rule.ts'
import { parseDuration } from './time.ts'

export interface ChannelPacing {
  /**
   * What alerts of one message have in common: `alertname` (the rule), `severity`, labels and fields
   * of the group. Nothing = all alerts of the channel; EVERY_ALERT = each is told alone.
   */
  readonly groupBy: readonly string[]
  /** Seconds for which the first waits for others. */
  readonly waitS: number
  /** Seconds after a message in which no other one of the same group is sent. */
  readonly intervalS: number
  /** Seconds after which it is told again of what still fires; 0 = never. */
  readonly repeatS: number
  /** Seconds after word of an alert in which it is not told that this one fires anew. */
  readonly cooldownS: number
}

/** As people write it: times as `30s`, `0s` = not at all. */
export interface ChannelPacingText {
  readonly group_by: readonly string[]
  readonly wait: string
  readonly interval: string
  readonly repeat: string
  readonly cooldown: string
}

/** As in Alertmanager: by all labels there are. */
export const EVERY_ALERT = '...'
/** At once, each rule by itself, never again. */
export const PACING_DEFAULTS: ChannelPacing = {
  groupBy: ['alertname'],
  waitS: 0,
  intervalS: 0,
  repeatS: 0,
  cooldownS: 0,
}

export const PACING_LABELS_MAX = 10
/** Whoever waits longer is told too late to do something. */
export const PACING_WAIT_S_MAX = 3_600
export const PACING_PAUSE_S_MAX = 86_400
/** More often it is noise. */
export const PACING_REPEAT_S_MIN = 60
export const PACING_REPEAT_S_MAX = 7 * 86_400

export type PacingTime = 'wait' | 'interval' | 'repeat' | 'cooldown'
export const PACING_TIMES: Readonly<
  Record<PacingTime, { readonly from: number; readonly to: number }>
> = {
  wait: { from: 0, to: PACING_WAIT_S_MAX },
  interval: { from: 0, to: PACING_PAUSE_S_MAX },
  repeat: { from: PACING_REPEAT_S_MIN, to: PACING_REPEAT_S_MAX },
  cooldown: { from: 0, to: PACING_PAUSE_S_MAX },
}

/** What is wrong with one of the times; null = nothing. */
export function pacingTimeFault(name: PacingTime, text: string): string | null {
  const seconds = secondsOf(text)
  const { from, to } = PACING_TIMES[name]
  if (seconds === 0 || (seconds !== null && seconds >= from && seconds <= to)) return null
  const least = from === 0 ? '0s' : `0s (off), or ${printDuration(from)}`
  return `expected a duration from ${least} to ${printDuration(to)}, as in 5m`
}

/** Of a text without faults. */
export function readPacing(text: ChannelPacingText): ChannelPacing {
  return {
    groupBy: text.group_by,
    waitS: secondsOf(text.wait) ?? PACING_DEFAULTS.waitS,
    intervalS: secondsOf(text.interval) ?? PACING_DEFAULTS.intervalS,
    repeatS: secondsOf(text.repeat) ?? PACING_DEFAULTS.repeatS,
    cooldownS: secondsOf(text.cooldown) ?? PACING_DEFAULTS.cooldownS,
  }
}

export function printPacing(pacing: ChannelPacing): ChannelPacingText {
  return {
    group_by: pacing.groupBy,
    wait: printDuration(pacing.waitS),
    interval: printDuration(pacing.intervalS),
    repeat: printDuration(pacing.repeatS),
    cooldown: printDuration(pacing.cooldownS),
  }
}

/** Whole seconds; null = no duration. */
function secondsOf(text: string): number | null {
  if (/^0+s?$/.test(text.trim())) return 0
  const seconds = parseDuration(text)
  return seconds !== null && Number.isInteger(seconds) ? seconds : null
}
