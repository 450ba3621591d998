/** The contract of channels: where alerts of a project are told, and what came of that. */
import type { ChannelAbout, ChannelKind, DeliveryOutcome } from '#proto/alert-channel.ts'
import type { ChannelPacing } from '#proto/channel-pacing.ts'

export interface StoredChannel extends ChannelAbout {
  readonly id: string
  readonly projectId: string
  readonly kind: ChannelKind
  readonly target: string
  /** Its settings; only the notifier and whoever edits them open them. */
  readonly sealed: Uint8Array
  readonly pacing: ChannelPacing
  readonly createdAtUs: number
  readonly updatedAtUs: number
  /** Rises with every change. */
  readonly version: number
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
  /** It told that something still fires. */
  readonly isReminder: boolean
}

export type ChannelRefusal =
  | 'unknown'
  | 'name-taken'
  | 'too-many'
  | 'unknown-project'
  /** It has another version than the one that is to be changed. */
  | 'stale'

/** Of the outbox: a channel's is this and its id. */
export const CHANNEL_TARGET = 'channel:'

export interface AlertChannels {
  /** By name. */
  list(projectId: string): Promise<readonly StoredChannel[]>
  find(projectId: string, id: string): Promise<StoredChannel | null>
  create(channel: StoredChannel): Promise<'done' | ChannelRefusal>
  /** Of `version`, or without one whatever it is by now; the new one is the catalog's. */
  update(channel: StoredChannel, version?: number): Promise<'done' | ChannelRefusal>
  /** What it was still to be told is forgotten. */
  delete(projectId: string, id: string): Promise<boolean>
  /** Keeps what came of something that was in no outbox: of a test. */
  note(delivery: ChannelDelivery): Promise<void>
  /** Newest first, before the one with this id. */
  deliveries(
    channelId: string,
    asked: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly ChannelDelivery[]>
  /**
   * What was given up is due once more, as far as the history still has it: 'none' = there is
   * nothing left to tell, 'other' = it was not given up.
   */
  tellAgain(
    channelId: string,
    deliveryId: string,
    nowUs: number,
  ): Promise<'done' | 'unknown' | 'other' | 'none'>
  /** With what pacing remembers from before. */
  forgetDeliveries(beforeUs: number): Promise<number>
}
