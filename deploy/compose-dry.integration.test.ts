import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('dry/compose-dry.ts', import.meta.url))
const PROGRAMS = [
  'unshare',
  'nginx',
  'redis-server',
  'prometheus',
  'prometheus-alertmanager',
  'psql',
]
const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL']

/** The end says why it failed; whoever shows the failure shortens it from behind. */
const WHY_CHARS = 400

const absent = [
  ...PROGRAMS.filter(name => spawnSync(name, ['--version']).error !== undefined),
  ...SERVERS.filter(name => process.env[name] === undefined),
]
const isRoot = process.getuid?.() === 0
const skip = !isRoot ? 'it needs root' : absent.length > 0 && `without ${absent.join(', ')}`

/** Built once: whoever is interrupted later takes it as it is. */
const images = mkdtempSync(join(tmpdir(), 'logboy-dry-image-'))
const image = join(images, 'image')
after(() => rmSync(images, { recursive: true, force: true }))

/** Its exit code and what it said; `look` sees it come. It must leave no file behind. */
async function run(
  args: readonly string[],
  look: (said: string, interrupt: () => void) => void = () => undefined,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-dry-'))
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      look(said, () => child.kill('SIGINT'))
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  rmdirSync(folder)
  return { code, said }
}

test('the compose file, the Dockerfile and deploy/ hold in a run without Docker', {
  skip,
}, async () => {
  const { code, said } = await run(['--image', image])
  assert.equal(code, 0, said.slice(-WHY_CHARS))
  for (const profile of ['single', 'full']) {
    assert.match(said, new RegExp(`${profile}: the link to sign in stands in the log`))
    assert.match(
      said,
      new RegExp(`${profile}: \\d+ by sdk-over-grpc, \\d+ by http: each found once`),
    )
  }
  assert.match(said, /full: prometheus: 6 processes scraped/)
  assert.match(said, /what differs from a run by Docker/)
})

for (const [when, sign, more] of [
  ['while the image is built', /Alertmanager takes/, []],
  ['while logs are sent', /every package loads/, ['--image', image]],
] as const) {
  test(`Ctrl-C ends it ${when}, and leaves nothing behind`, { skip }, async () => {
    const { code, said } = await run(['--profile', 'single', ...more], (text, interrupt) => {
      if (sign.test(text)) interrupt()
    })
    assert.equal(code, 130, said)
  })
}

test('a profile that there is not is named', { skip }, async () => {
  const { code, said } = await run(['--profile', 'huge'])
  assert.deepEqual([code, said], [1, 'compose:dry failed: there is no profile huge\n'])
})
