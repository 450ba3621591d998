/**
 * The lines of a log file as it lies there: packed by gzip or not, ended as on Unix or Windows, the
 * last one perhaps not at all.
 */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

const GZIP = Buffer.from([0x1f, 0x8b])

/** Reads to the end of the input; an input that cannot be read, or unpacked, throws. */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  // It drops a byte order mark.
  const decoder = new TextDecoder()
  let parts: string[] = []
  for await (const chunk of unpacked(input)) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n')
    const open = pieces.pop() as string
    for (const piece of pieces) {
      yield lineOf([...parts, piece])
      parts = []
    }
    parts.push(open)
  }
  const last = lineOf([...parts, decoder.decode()])
  if (last !== '') yield last
}

/** What a file is called without its packing, its number among rotated ones, and its ending. */
export function baseName(name: string): string {
  return name
    .replace(/\.gz$/i, '')
    .replace(/(?<=.)\.\d+$/, '')
    .replace(/(?<=.)\.[^.]+$/, '')
}

function lineOf(parts: readonly string[]): string {
  const line = parts.join('')
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

async function* unpacked(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < GZIP.length) {
    const { done, value } = await chunks.next()
    if (done === true) break
    head = Buffer.concat([head, value])
  }
  const whole = withHead(head, chunks)
  if (!head.subarray(0, GZIP.length).equals(GZIP)) {
    yield* whole
    return
  }
  const gunzip = createGunzip()
  // What goes wrong in the input goes wrong in what is iterated.
  pipeline(Readable.from(whole), gunzip, () => {})
  yield* gunzip as AsyncIterable<Buffer>
}

async function* withHead(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
