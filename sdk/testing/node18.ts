/** A real Node 18 from the registry, and the SDK as npm would install it there. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface OldProject {
  readonly folder: string
  /** Node 18's executable. */
  readonly node: string
  remove(): void
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A project with Node 18 and the packed SDK; a text is the reason why there can be none. */
export function oldProject(): OldProject | string {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-node18-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const missing = install(folder)
  if (missing === null) return { folder, node: nodeOf(folder), remove }
  remove()
  return missing
}

function install(folder: string): string | null {
  if (!existsSync(join(ROOT, 'sdk/dist/sdk/index.js'))) return 'the SDK is not built'
  const wanted = `node-${process.platform}-${process.arch}@18`
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
  if (!npm(folder, ['install', ...quiet, wanted]) || !existsSync(nodeOf(folder))) {
    return `${wanted} cannot be had from the registry`
  }
  if (
    !npm(join(ROOT, 'sdk'), ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder])
  ) {
    return 'the SDK cannot be packed'
  }
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz')) ?? ''
  const sdk = join(folder, 'node_modules/@logboy/sdk')
  mkdirSync(sdk, { recursive: true })
  const unpack = ['-xzf', join(folder, tarball), '--strip-components=1', '-C', sdk]
  if (spawnSync('tar', unpack).status !== 0) return 'there is no tar'
  // What npm would fetch beside it, from our own modules.
  const dependency = 'node_modules/@bufbuild/protobuf'
  cpSync(join(ROOT, dependency), join(folder, dependency), { recursive: true })
  return null
}

function nodeOf(folder: string): string {
  return join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
}

function npm(cwd: string, args: readonly string[]): boolean {
  return spawnSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
