/** The image's folder, made by the Dockerfile's own commands in a copy of this repository. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export interface ImageOptions {
  /** What is built from, with its packages installed. */
  readonly context: string
  /** Where to; it must not exist. */
  readonly folder: string
  readonly buildSteps: readonly string[]
  readonly signal: AbortSignal
}

export async function buildImage(options: ImageOptions): Promise<void> {
  const { context, folder, buildSteps, signal } = options
  const isIgnored = readIgnored(join(context, '.dockerignore'))
  cpSync(context, folder, {
    recursive: true,
    filter: path => path === context || !isIgnored(relative(context, path)),
  })
  // In place of `npm install`: the packages that are here, as links to the same files, or as copies
  // where temporary files have a file system of their own.
  const packages = `'${context}/node_modules' node_modules`
  await run(
    `cp -al ${packages} 2>/dev/null || { rm -rf node_modules; cp -a ${packages}; }`,
    options,
  )
  const lock = join('node_modules', '.package-lock.json')
  // npm writes over this one: through a link it would be the original that changes.
  rmSync(join(folder, lock))
  copyFileSync(join(context, lock), join(folder, lock))
  rmSync(join(folder, 'node_modules', '.cache'), { recursive: true, force: true })
  for (const step of buildSteps.filter(it => !it.startsWith('npm install'))) {
    signal.throwIfAborted()
    await run(step, options)
  }
}

/** A step is one text for the shell. */
async function run(step: string, { folder, signal }: ImageOptions): Promise<void> {
  const child = spawn('sh', ['-ec', step], {
    cwd: folder,
    // A group of its own, so that it ends with all that it started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      // What a step caches goes with the rest.
      TMPDIR: dirname(folder),
    },
  })
  const end = (): boolean => process.kill(-(child.pid ?? 0), 'SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  signal.removeEventListener('abort', end)
  if (code !== 0) throw new Error(`'${step.slice(0, 80)} …' of the Dockerfile failed:\n${output}`)
}

/** Names, `**` before a name, and `*` before an ending: what ours uses. */
function readIgnored(path: string): (relativePath: string) => boolean {
  const patterns = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const escaped = line.replaceAll('.', '\\.')
      const pattern = escaped.replaceAll('**/', '(.*/)?').replaceAll(/(?<!\.)\*/g, '[^/]*')
      return new RegExp(`^${pattern}$`)
    })
  return relativePath => patterns.some(pattern => pattern.test(relativePath))
}
