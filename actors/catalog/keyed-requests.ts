/**
 * The contract of HTTP requests with an Idempotency-Key where gateways keep nothing: what a request
 * was, how much of it is durable, and the answer it got. Kept for 24 hours.
 */
/** A request by its key: `producer` is the hash of project and key. */
export interface KeyedRequestId {
  readonly projectId: string
  readonly producer: bigint
}

export interface StoredRequest {
  readonly bodySha256: Uint8Array
  /** Chunks 1 to this one are durable, of so many. */
  readonly lastChunk: number
  readonly of: number
  readonly accepted: number
  readonly rejected: readonly RejectedRecord[]
}

export interface RejectedRecord {
  readonly index: number
  readonly reason: string
}

export type KeyedBegin =
  /** New, or seen with the same body: `stored` is what is durable of it. */
  | { readonly type: 'open'; readonly stored: StoredRequest }
  /** The key was used with another body. */
  | { readonly type: 'conflict' }
  /** The project has more keys than are kept. */
  | { readonly type: 'full' }

export interface StoredChunk {
  /** Counted from 1; only the one after the last stored changes anything. */
  readonly chunk: number
  readonly accepted: number
  readonly rejected: readonly RejectedRecord[]
}

export interface KeyedRequests {
  begin(
    id: KeyedRequestId,
    body: { readonly bodySha256: Uint8Array; readonly of: number },
    nowUs: number,
    /** Keys of one project at a time. */
    keysMax?: number,
  ): Promise<KeyedBegin>
  store(id: KeyedRequestId, chunk: StoredChunk): Promise<void>
  find(id: KeyedRequestId, nowUs: number): Promise<StoredRequest | undefined>
  /** Deletes what is too old to count; answers how many. */
  forget(nowUs: number): Promise<number>
}
