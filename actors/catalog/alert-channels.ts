/** The contract of channels: where alerts of a project are told, and what came of that. */
import type { ChannelAbout, ChannelKind, DeliveryOutcome } from '#proto/alert-channel.ts'
import type { Telling } from './alert-states.ts'
import type { StoredSilence } from './silences.ts'

export interface StoredChannel extends ChannelAbout {
  readonly id: string
  readonly projectId: string
  readonly kind: ChannelKind
  readonly target: string
  /** Its settings; only the notifier and whoever edits them open them. */
  readonly sealed: Uint8Array
  readonly createdAtUs: number
  readonly updatedAtUs: number
}

export interface ChannelDelivery {
  /** Sorts by time. */
  readonly id: string
  readonly channelId: string
  readonly atUs: number
  readonly attempt: number
  readonly outcome: DeliveryOutcome
  readonly status: number | null
  readonly answer: string
  readonly tookMs: number
  readonly changes: readonly number[]
  readonly isRepeatPossible: boolean
}

export interface ChannelTelling extends Telling {
  readonly channel: StoredChannel
  readonly projectName: string
  /** Attempts of which it is known that they told nobody. */
  readonly failures: number
}

export type ChannelRefusal = 'unknown' | 'name-taken' | 'too-many' | 'unknown-project'

/** Of the outbox: a channel's is this and its id. */
export const CHANNEL_TARGET = 'channel:'

export interface AlertChannels {
  /** By name. */
  list(projectId: string): Promise<readonly StoredChannel[]>
  find(projectId: string, id: string): Promise<StoredChannel | null>
  create(channel: StoredChannel): Promise<'done' | ChannelRefusal>
  update(channel: StoredChannel): Promise<'done' | ChannelRefusal>
  /** What it was still to be told is forgotten. */
  delete(projectId: string, id: string): Promise<boolean>
  /**
   * What is due to any channel, oldest first: of one group never a later change before an earlier
   * one. Nobody else gets it before `againAtUs`. What a silence holds back is not due while that is
   * active; of a change held back and never tried, and the next one, nothing is told at all.
   */
  take(asked: {
    readonly nowUs: number
    readonly againAtUs: number
    readonly limit: number
  }): Promise<readonly ChannelTelling[]>
  /** Holds back what was taken and not tried, for as long as the silence is active as it is. */
  hold(tellings: readonly Telling[], silence: StoredSilence): Promise<void>
  /** Keeps what came of an attempt; what is to be tried again is due then, the rest is settled. */
  attempted(delivery: ChannelDelivery, againAtUs: number | null): Promise<void>
  /** Newest first, before the one with this id. */
  deliveries(
    channelId: string,
    asked: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly ChannelDelivery[]>
  forgetDeliveries(beforeUs: number): Promise<number>
}
