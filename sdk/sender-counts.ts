/** What became of the records that a sender took. */
export interface SenderCounts {
  /** Records acknowledged as durable. */
  acknowledged: number
  /** Records that the server refused, alone or with their batch. */
  rejected: number
  /** Records sent again under another number, because the server had forgotten the first. */
  possiblyRepeated: number
  /** Records that the spool could not give back. */
  lost: number
  connections: number
  throttles: number
}

export function newSenderCounts(): SenderCounts {
  return {
    acknowledged: 0,
    rejected: 0,
    possiblyRepeated: 0,
    lost: 0,
    connections: 0,
    throttles: 0,
  }
}
