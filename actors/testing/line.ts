/** What a connection asks of the network that it goes through. */
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import type { Pipeline } from './pipeline.ts'

/** How a connection breaks. */
export type Cut =
  /** Both ends notice soon; what is on its way is lost. */
  | 'both'
  /** The sender notices at once, the server late: what was sent still arrives. */
  | 'half-open'
  /** The sender hears nothing any more and nobody tells it. */
  | 'silent'

export const CUTS: readonly Cut[] = ['both', 'half-open', 'silent']

export interface Line {
  readonly clock: Clock
  readonly random: Random
  /** Nothing gets through: new connections fail, old ones are silent. */
  readonly isDown: boolean
  /** Who listens at the server's address; null = nobody. */
  readonly server: Pipeline | null
  /** A short time that a piece of bytes takes. */
  latencyMs(): number
  /** Whether the connection breaks over the next message. */
  breaks(): boolean
}
