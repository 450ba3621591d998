/**
 * Preloaded into a server with `--expose-gc`: on SIGUSR2 it collects its garbage and writes into
 * the file `live-memory` of its data folder how many bytes it still holds.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** What one collection frees, another one may find free to go. */
const COLLECTIONS = 5

/** JavaScript's heap, and what lies outside of it for its objects: buffers, memory of WebAssembly. */
function liveBytes(): number {
  for (let i = 0; i < COLLECTIONS; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const place = process.argv.indexOf('--data')
const folder = process.argv[place + 1]
if (isMainThread && place > 0 && folder !== undefined) {
  const path = join(folder, 'live-memory')
  process.on('SIGUSR2', () => {
    writeFileSync(`${path}.new`, String(liveBytes()))
    renameSync(`${path}.new`, path)
  })
}
