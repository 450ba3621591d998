/**
 * The id of a topic, which kafkajs does not know: Metadata requests and answers of version 10, the
 * first that has ids (Kafka 2.8), and one of those with compact lengths and tagged fields.
 */
export const METADATA_KEY = 3
export const METADATA_VERSION = 10

const NO_TAGS = 0
const UUID_BYTES = 16

/** What follows the client's id in a request about one topic. */
export function metadataRequest(topic: string): Buffer {
  const name = Buffer.from(topic)
  return Buffer.concat([
    Buffer.from([NO_TAGS, ...varint(1 + 1)]),
    Buffer.alloc(UUID_BYTES),
    Buffer.from(varint(name.length + 1)),
    name,
    // The topic's tags; not to be made; nothing told of what we may; the request's tags.
    Buffer.from([NO_TAGS, 0, 0, 0, NO_TAGS]),
  ])
}

/** '' = the topic is not there, or has none. */
export function topicIdIn(answer: Buffer, topic: string): string {
  const reader = new CompactReader(answer)
  reader.tags()
  reader.skip(4)
  for (let brokers = reader.count(); brokers > 0; brokers--) {
    reader.skip(4)
    reader.text()
    reader.skip(4)
    reader.text()
    reader.tags()
  }
  reader.text()
  reader.skip(4)
  const topics = reader.count()
  if (topics === 0) return ''
  reader.skip(2)
  const name = reader.text()
  const id = reader.bytes(UUID_BYTES)
  return name !== topic || id.every(byte => byte === 0) ? '' : id.toString('base64url')
}

class CompactReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  bytes(length: number): Buffer {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new Error('an answer of Kafka is cut off')
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  skip(length: number): void {
    this.bytes(length)
  }

  /** Of a list or a text; those that are null have none. */
  count(): number {
    return Math.max(0, this.#varint() - 1)
  }

  text(): string {
    return this.bytes(this.count()).toString()
  }

  tags(): void {
    for (let tags = this.#varint(); tags > 0; tags--) {
      this.#varint()
      this.skip(this.#varint())
    }
  }

  #varint(): number {
    let [value, shift] = [0, 0]
    for (;;) {
      const [byte = 0] = this.bytes(1)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
      shift += 7
    }
  }
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}
