// Fills the cache of typescript-cache.mjs at once, for an image in which nobody can write later:
// `node scripts/fill-typescript-cache.mjs FOLDER …`.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { withoutTypes } from './typescript-cache.mjs'

for (const folder of process.argv.slice(2)) {
  for (const path of readdirSync(folder, { recursive: true })) {
    if (/(?<!\.d|\.test)\.ts$/.test(path)) withoutTypes(join(folder, path))
  }
}
