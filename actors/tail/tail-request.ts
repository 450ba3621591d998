/** What a socket's door says to the tail. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Subscriber } from './subscriber.ts'
import type { TailPlace } from './tail-place.ts'

/** `id` is chosen by the door and names the socket. */
export type TailRequest =
  | (TailWish & {
      readonly type: 'subscribe'
      readonly id: string
      readonly subscriber: Subscriber
    })
  | { readonly type: 'filter'; readonly id: string; readonly filter: RowFilter }
  | { readonly type: 'pause'; readonly id: string }
  | { readonly type: 'resume'; readonly id: string }
  | { readonly type: 'unsubscribe'; readonly id: string }

export interface TailWish {
  readonly projectId: string
  /** Logs unless given. */
  readonly kind?: BatchKind
  readonly filter: RowFilter
  /** null = from now on. */
  readonly after: TailPlace | null
}
