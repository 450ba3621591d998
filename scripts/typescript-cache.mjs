// Preloaded into every process and thread of the server: TypeScript files come from a cache without
// their types. Node else strips them anew in each thread, and its stripper (WebAssembly) stays in the
// memory of each: 80 MB of an idle server, and a third of the CPU of a start.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/** Beside the code that it is made of: whoever can write there could as well change the code. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'logboy', `typescript-${process.version}`)

module.registerHooks?.({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    return { format: 'module', source: withoutTypes(fileURLToPath(url)), shortCircuit: true }
  },
})

/** Types become spaces, so that lines and columns stay. */
export function withoutTypes(path) {
  const source = readFileSync(path, 'utf8')
  const cached = join(FOLDER, `${createHash('sha256').update(source).digest('hex')}.js`)
  try {
    return readFileSync(cached, 'utf8')
  } catch {
    const stripped = strip(source)
    keep(cached, stripped)
    return stripped
  }
}

/** Without the warning that the function is experimental: Node itself strips with the same one. */
function strip(source) {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? {}
  process.emitWarning = () => {}
  try {
    return module.stripTypeScriptTypes(source)
  } finally {
    Object.defineProperty(process, 'emitWarning', emitWarning)
  }
}

/** Where nothing can be kept, the next start is as slow as this one. */
function keep(path, text) {
  try {
    mkdirSync(FOLDER, { recursive: true })
    const temporary = `${path}.${process.pid}-${threadId}`
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch {}
}
