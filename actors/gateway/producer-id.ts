/**
 * Which producer a sender's batches are stored under: 63 bits of a hash over its project and its
 * own name. Rows of several projects may share an index in which these numbers alone tell them
 * apart, so nobody may choose them: with the number of another project's producer, which its rows
 * tell, the rows of one of the two would pass for repeats.
 */
import { createHash } from 'node:crypto'

/** Of a sender that calls itself by a number: an SDK. */
export function producerOfSender(projectId: string, claimed: bigint): bigint {
  return producerOf(projectId, `\nproducer ${claimed}`)
}

/** Of all requests with this Idempotency-Key, which as a header has no newline. */
export function producerOfKey(projectId: string, key: string): bigint {
  return producerOf(projectId, key)
}

/** Of a dead letter that is sent again. */
export function producerOfLetter(projectId: string, letterId: string): bigint {
  return producerOf(projectId, `\ndead-letter ${letterId}`)
}

function producerOf(projectId: string, name: string): bigint {
  const hash = createHash('sha256').update(`${projectId}\n${name}`).digest()
  const value = hash.readBigUInt64BE(0) >> 1n
  return value === 0n ? 1n : value
}
