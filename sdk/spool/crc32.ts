/** CRC-32 (ISO 3309, as gzip has it). Node has it since 20.15; older ones take a table. */
import * as zlib from 'node:zlib'

type Crc32 = (bytes: Uint8Array, seed?: number) => number

const POLYNOMIAL = 0xedb88320
const table = new Int32Array(256).map((_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1
  return crc
})

/** `seed` is the CRC of what comes before; 0 = nothing does. */
export function crc32ByTable(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed
  for (let i = 0; i < bytes.length; i++) {
    crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8)
  }
  return ~crc >>> 0
}

const native = (zlib as { readonly crc32?: Crc32 }).crc32

export const crc32: Crc32 = native ?? crc32ByTable
