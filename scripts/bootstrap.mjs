// Makes a fresh clone runnable: installs, builds what is stale, finds a fitting Node. Plain JavaScript
// for Node >= 20, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const NODE_WANTED = '>=22.22.2 <23'
const OWN_MODULES = join(ROOT, 'node_modules')
/**
 * What V8 is told in every process of a server; the figures stand in bench/README.md. Threads have
 * each their own heap and their own compiled code, so that V8's defaults, made for one of each,
 * cost a quarter of the server's CPU while logs pour in.
 */
export const SERVER_FLAGS = [
  // Hot loops are compiled once for each thread: with less inlining that takes half as long.
  '--max-inlined-bytecode-size-cumulative=300',
  // Bodies on their way count as old memory: from a small limit every 16 MB of them marked all.
  '--initial-old-space-size=96',
  '--min-semi-space-size=4',
  // slonik keeps a context for each call chain; in the way that Node has by default from 24 on, that
  // does not slow down every promise and callback of the main thread.
  '--experimental-async-context-frame',
]
const TYPESCRIPT_CACHE = new URL('typescript-cache.mjs', import.meta.url).href

/** Installs and builds what is missing or stale, telling each step as it starts. */
export function prepare({ ui = false, sdk = false } = {}) {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20)
    fail(
      `Node ${process.versions.node} is too old: Logboy needs Node 20 or newer to install itself`,
    )
  install()
  if (sdk) build('the SDK', ['sdk', 'proto'], 'sdk/dist', buildSdk)
  if (ui) build('the web interface', ['ui', 'proto'], 'ui/dist', buildUi)
}

/** The Node that runs the server: this one where it fits, else the one that npm installed. */
export function serverNode() {
  if (fits(process.versions.node)) return process.execPath
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  for (const folder of [`node-${platformName()}`, `node-bin-${platformName()}`]) {
    const path = join(OWN_MODULES, folder, 'bin', name)
    if (existsSync(path)) return path
  }
  fail(
    `Logboy runs on Node ${NODE_WANTED}; this is ${process.versions.node} and npm has no Node 22 for ` +
      `${platformName()}. Install Node 22 and try again`,
  )
}

/** Runs a TypeScript entry on the right Node; answers its exit code. Signals reach it and are waited for. */
export function run(entry, args, { env = {}, flags = [] } = {}) {
  const child = spawn(serverNode(), [...flags, join(ROOT, entry), ...args], {
    stdio: 'inherit',
    env: { ...serverEnvironment(), ...env },
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to the child as well: only wait for it. Elsewhere hand it on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  return new Promise(resolve => {
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

/** What Node and native parts read before any of our code runs. */
export function serverEnvironment() {
  const { NODE_OPTIONS = '' } = process.env
  return {
    ...process.env,
    // Threads and child processes have it from here, too.
    NODE_OPTIONS: NODE_OPTIONS.includes(TYPESCRIPT_CACHE)
      ? NODE_OPTIONS
      : `${NODE_OPTIONS} --import=${TYPESCRIPT_CACHE}`.trim(),
    // DuckDB's queries occupy libuv threads; with the default of 4 they would starve file and DNS work.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
    // glibc gives each thread a heap of its own and hands little of it back: 200 MB of a busy server.
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
    // By itself glibc soon takes buffers of megabytes from these heaps, too, where they leave holes.
    MALLOC_MMAP_THRESHOLD_: process.env.MALLOC_MMAP_THRESHOLD_ ?? String(2 ** 20),
    // Two servers on one port would silently share it.
    LIBUS_LISTEN_EXCLUSIVE_PORT: '1',
    UWS_HTTP_MAX_HEADERS_SIZE: '16384',
  }
}

export function fail(message) {
  console.error(`logboy: ${message}`)
  process.exit(1)
}

function install() {
  const marker = join(OWN_MODULES, '.logboy-installed')
  const wanted = hashOf(['package.json', 'package-lock.json', 'sdk/package.json'])
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  step('Installing packages (about 200, half a minute)')
  // Not `npm ci`: it refuses a lock file that lacks optional packages of platforms other than ours.
  // Versions come from the lock file all the same, and --no-save leaves it as it is.
  command('npm', [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])
  mkdirSync(OWN_MODULES, { recursive: true })
  writeFileSync(marker, wanted)
}

function build(what, sources, output, make) {
  const marker = join(ROOT, output, '.logboy-built')
  const wanted = hashOf(sources)
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  step(`Building ${what}`)
  make()
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, wanted)
}

function buildSdk() {
  command(serverNode(), [
    join(OWN_MODULES, 'typescript', 'bin', 'tsc'),
    '-p',
    'sdk/tsconfig.build.json',
  ])
}

function buildUi() {
  const vite = join(OWN_MODULES, 'vite', 'bin', 'vite.js')
  command(serverNode(), [vite, 'build', '--config', 'ui/vite.config.ts', '--logLevel', 'warn'])
}

function command(name, args) {
  const result = spawnSync(name, args, {
    cwd: ROOT,
    // What npm tells is no answer: stdout belongs to the command, and may be read as JSON.
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) fail(`'${name} ${args.join(' ')}' failed; its own words stand above`)
}

function step(text) {
  console.error(`logboy: ${text} …`)
}

function fits(version) {
  const [major, minor, patch] = version.split('.').map(Number)
  return major === 22 && (minor > 22 || (minor === 22 && patch >= 2))
}

function platformName() {
  return `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}

/** One hash over names and contents of files and folders; build output and tests do not count. */
function hashOf(paths) {
  const hash = createHash('sha256')
  const visit = path => {
    const full = join(ROOT, path)
    if (!existsSync(full)) return
    if (!statSync(full).isDirectory()) {
      hash.update(path).update(readFileSync(full))
      return
    }
    for (const name of readdirSync(full).sort()) {
      if (['dist', 'node_modules', 'testing'].includes(name) || name.endsWith('.test.ts')) continue
      visit(`${path}/${name}`)
    }
  }
  paths.forEach(visit)
  return hash.digest('hex')
}
