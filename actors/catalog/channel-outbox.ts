/** The contract of what channels are still to be told, and of what their pacing remembers. */
import type { ChannelDelivery, StoredChannel } from './alert-channels.ts'
import type { Telling } from './alert-states.ts'

export interface ChannelTelling extends Telling {
  readonly channel: StoredChannel
  readonly projectName: string
  /** Attempts of which it is known that they told nobody. */
  readonly failures: number
  /** That it still fires, for the how many-th time; 0 = it is news. */
  readonly reminder: number
  /** Until when the pacing of its channel held it back; null = it did not. */
  readonly pacedUntilUs: number | null
  /** When the channel was last told that this alert begins, fires or ends; null = never. */
  readonly toldAtUs: number | null
}

export interface TellingHold {
  /** PACED, or the silence as it is: `id@version`; null = nobody, it is only given back. */
  readonly by: string | null
  readonly untilUs: number
}

/** Of `TellingHold`: pacing holds it back. */
export const PACED = 'paced'

/** Where a group of alerts of a channel is in its pace. */
export interface Pace {
  readonly channelId: string
  readonly group: string
  /** Of its last message; null = there was none of late. */
  readonly toldAtUs: number | null
  /** What comes until then is told together; null = nothing gathers. */
  readonly dueAtUs: number | null
  /** Rises with every change; 0 = it is not kept yet. */
  readonly version: number
}

export interface ChannelOutbox {
  /**
   * What is due to any channel, oldest first: of one alert never a later change before an earlier.
   * Nobody else gets it before `againAtUs`. What a silence holds back is not due while it is active;
   * of a change held back and never tried, and the next one, nothing is told at all. Of what still
   * fires, unacknowledged, reminders are due as often as its channel says.
   */
  take(asked: {
    readonly nowUs: number
    readonly againAtUs: number
    readonly limit: number
  }): Promise<readonly ChannelTelling[]>
  /** Holds back what was taken and not tried; by a silence while that is active as it is. */
  hold(tellings: readonly Telling[], hold: TellingHold): Promise<void>
  /** Keeps what came of an attempt; what is to be tried again is due then, the rest is settled. */
  attempted(delivery: ChannelDelivery, againAtUs: number | null): Promise<void>
  /** Those that are kept, of these. */
  paces(of: readonly Pick<Pace, 'channelId' | 'group'>[]): Promise<readonly Pace[]>
  /**
   * Moves those on that are still at the version that was read, and answers them; who lost one
   * looks again. `mark` is of this call alone, so that it may run twice.
   */
  movePaces(
    paces: readonly Pace[],
    mark: string,
  ): Promise<readonly Pick<Pace, 'channelId' | 'group'>[]>
}
