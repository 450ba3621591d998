/**
 * `npm run compose:dry -- [--profile single|full]… [--image FOLDER]`: takes docker-compose.yml, the Dockerfile and
 * deploy/ as they are, and runs every container's exact command line, environment and configuration
 * as processes of this machine, for where no Docker is at hand. An image that is named is kept, and
 * taken as it is where it is there already. Needs Linux and root, and for `full`
 * the addresses of Kafka, Schema Registry and Elasticsearch in the environment. Exits with 1 if
 * anything does not hold.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkFiles } from './checks.ts'
import { readComposeFile, servicesOf } from './compose-file.ts'
import { type Dockerfile, readDockerfile } from './dockerfile.ts'
import { buildImage } from './image.ts'
import { Project } from './project.ts'
import { watches } from './prometheus.ts'
import { forgetInstallation } from './shared-servers.ts'
import { Visitor } from './visitor.ts'

const CONTEXT = fileURLToPath(new URL('../..', import.meta.url))
const PROFILES = ['single', 'full'] as const
type Profile = (typeof PROFILES)[number]

const DIFFERENCES = [
  'packages are linked from node_modules in place of `npm install`; Node, nginx, Redis, PostgreSQL, Prometheus and Alertmanager are those of this machine, Kafka, Schema Registry and Elasticsearch those of the environment, in topics and indices of their own',
  'containers have a root folder, mounts, a user and capabilities of their own, but share the network and the processes of this machine: each service listens at an address 127.x.y.z, and its names and health check lead there',
  'limits of memory are compared with what each process took, not enforced',
]

const { values } = parseArgs({
  options: {
    profile: { type: 'string', multiple: true, default: [...PROFILES] },
    image: { type: 'string' },
  },
})
const begunMs = performance.now()
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => abort.abort(new Error(`ended by ${signal}`)))
}
// Whoever still sends to what is gone is not waited for.
process.exit(await main(values.profile as Profile[]))

async function main(profiles: readonly Profile[]): Promise<number> {
  const unknown = profiles.filter(profile => !PROFILES.includes(profile))
  if (unknown.length > 0) return failed(`there is no profile ${unknown.join(', ')}`)
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return failed('it needs Linux and root, for mounts that only its processes see')
  }
  const folder = mkdtempSync(join(tmpdir(), 'logboy-compose-'))
  try {
    checkFiles(CONTEXT, tell)
    const dockerfile = readDockerfile(join(CONTEXT, 'Dockerfile'))
    const imageFolder = values.image ?? join(folder, 'image')
    await ensureImage(imageFolder, dockerfile)
    for (const profile of profiles) await tryProfile(profile, dockerfile, { folder, imageFolder })
    tell('what differs from a run by Docker:')
    for (const difference of DIFFERENCES) console.log(`      - ${difference}`)
    return 0
  } catch (error) {
    if (abort.signal.aborted) return failed(String(abort.signal.reason), 130)
    return failed((error as Error).message)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Built aside and renamed: what was interrupted is no image. */
async function ensureImage(imageFolder: string, { buildSteps }: Dockerfile): Promise<void> {
  if (existsSync(imageFolder)) return tell(`the image is that of ${imageFolder}`)
  const built = `${imageFolder}.new`
  rmSync(built, { recursive: true, force: true })
  try {
    await buildImage({ context: CONTEXT, folder: built, buildSteps, signal: abort.signal })
    renameSync(built, imageFolder)
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
  tell('the image is built by the commands of the Dockerfile')
}

async function tryProfile(
  profile: Profile,
  { image }: Dockerfile,
  { folder, imageFolder }: { readonly folder: string; readonly imageFolder: string },
): Promise<void> {
  const own = join(folder, profile)
  mkdirSync(own)
  const installation = `dry${randomBytes(5).toString('hex')}`
  const entryService = profile === 'single' ? 'logboy' : 'nginx'
  // The address of the entry is known only once the project is there.
  const publicUrl = { LOGBOY_PUBLIC_URL: '' }
  const file = readComposeFile(join(CONTEXT, 'docker-compose.yml'), process.env)
  const project = new Project({
    services: servicesOf(file, [profile]),
    image,
    imageFolder,
    context: CONTEXT,
    folder: own,
    environment: process.env,
    additions:
      profile === 'single' ? publicUrl : { ...publicUrl, LOGBOY_INSTALLATION: installation },
    signal: abort.signal,
    tell: text => tell(`${profile}: ${text}`),
  })
  const entry = project.network.addressOf(entryService)
  publicUrl.LOGBOY_PUBLIC_URL = `http://${entry}:4000`
  const onAbort = (): void => void project.abandon()
  abort.signal.addEventListener('abort', onAbort, { once: true })
  try {
    await orAborted(project.up())
    await orAborted(visit(profile, project, entry))
    await orAborted(project.down())
  } finally {
    abort.signal.removeEventListener('abort', onAbort)
    await project.abandon()
    if (profile === 'full') await forgetInstallation(installation, process.env)
  }
}

/** Ctrl-C ends what waits for something that may never come. */
function orAborted<Value>(promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error))
    promise.then(resolve, reject)
  })
}

async function visit(profile: Profile, project: Project, entry: string): Promise<void> {
  const say = (text: string): void => tell(`${profile}: ${text}`)
  const visitor = new Visitor(entry)
  const home = project.container(profile === 'single' ? 'logboy' : 'api')
  await visitor.signIn(home)
  say(`the link to sign in stands in the log of ${home.name}, and opens the page once`)
  await visitor.loadPackages(home)
  say('every package loads')
  await visitor.createProject(home)
  say(await visitor.sendAndFind())
  if (profile === 'single') {
    await project.restart('logboy')
    const rows = await visitor.findAll()
    say(`all ${rows.length} are found after a restart`)
    return say(await visitor.burst())
  }
  if (project.isRunning('prometheus')) {
    say(`prometheus: ${await watches(project.network.addressOf('prometheus'))}`)
  }
  say(await visitor.burst())
  if (project.absent.length > 0) say(`not started, nothing stands in: ${project.absent.join(', ')}`)
}

function tell(text: string): void {
  const seconds = ((performance.now() - begunMs) / 1_000).toFixed(1).padStart(5)
  console.log(`${seconds}  ${text}`)
}

function failed(why: string, code = 1): number {
  console.error(`compose:dry failed: ${why}`)
  return code
}
