// `npm test`: types, lint, format, then every test. `npm test -- FILTER …` runs only matching test files.
// `--integration` runs the tests that need real servers, whose addresses stand in the environment.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, prepare, ROOT, serverEnvironment, serverNode } from './bootstrap.mjs'
import { groupTestFiles } from './group-test-files.mjs'
import { makeTestFolder } from './test-folder.mjs'
import { drivesPrograms } from './test-programs.mjs'

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'gen', 'data', '.git'])
/** Those that take a minute or more: begun late, the last of them would run alone. */
const LONG = [
  'actors/testing/simulation.test.ts',
  'ui/testing/browser.test.ts',
  'actors/cli/db.test.ts',
  'actors/store/elasticsearch/elastic-store.integration.test.ts',
  'actors/store/elasticsearch/elastic-stored-source.integration.test.ts',
  'actors/catalog/lost-connection.integration.test.ts',
  'actors/commit-log/kafka/three-brokers.integration.test.ts',
  'deploy/compose-dry.integration.test.ts',
  'deploy/nginx.integration.test.ts',
  'actors/alerts/shared-alerting.integration.test.ts',
  'actors/shapes.integration.test.ts',
  // It waits for packages from npm.
  'sdk/node18.integration.test.ts',
]
/** A shell may name real servers, which tests of this machine alone must not find. */
const ADDRESSES = [
  'DATABASE_URL',
  'POSTGRES_HOST',
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'ELASTICSEARCH_URL',
  'REDIS_URL',
]
const integration = process.argv.includes('--integration')
const filters = process.argv.slice(2).filter(arg => arg !== '--integration')

prepare({ ui: true, sdk: true })
const node = serverNode()
if (filters.length === 0 && !integration) {
  // Beside each other: the compiler has one thread.
  const checked = await Promise.all([
    check('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']),
    check('types of the web interface', [
      'node_modules/typescript/bin/tsc',
      '-p',
      'ui/tsconfig.json',
    ]),
    check('lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--quiet']),
    check('format', [
      'node_modules/@biomejs/biome/bin/biome',
      'check',
      '--diagnostic-level=error',
      '.',
    ]),
    // Otherwise the first tests that need it make it at once, each its own.
    check('the database that catalogs are copies of', ['actors/catalog/init-database.ts']),
  ])
  if (checked.includes(false)) process.exit(1)
}
const files = testFiles('.').filter(file => filters.every(filter => file.includes(filter)))
if (files.length === 0) {
  fail(`no test file matches ${filters.join(' ')}`)
}
const folder = makeTestFolder()
const result = spawnSync(node, ['scripts/run-test-files.mjs', ...inOrder(files, folder)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...environment(), TMPDIR: folder },
})
rmSync(folder, { recursive: true, force: true })
process.exit(result.status ?? 1)

function environment() {
  const env = { ...serverEnvironment(), LOGBOY_TEST_PAGE: join(ROOT, 'ui/dist') }
  if (!integration) for (const name of ADDRESSES) delete env[name]
  return env
}

/** Whether it held; what it says comes in one piece. */
function check(what, args) {
  console.error(`logboy: checking ${what} …`)
  return new Promise(resolve => {
    execFile(node, args, { cwd: ROOT, maxBuffer: Infinity }, (error, stdout, stderr) => {
      if (error !== null) console.error(`logboy: ${what}:\n${stdout}${stderr}`)
      resolve(error === null)
    })
  })
}

/** Tests against real servers are named `x.integration.test.ts`; all others need nothing but this machine. */
function testFiles(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : testFiles(path)
    if (!entry.name.endsWith('.test.ts')) return []
    return entry.name.endsWith('.integration.test.ts') === integration ? [path] : []
  })
}

/** Those whose programs are still being installed stand between the others, the longest first. */
function inOrder(files, folder) {
  for (const file of LONG)
    if (!existsSync(join(ROOT, file))) fail(`LONG names ${file}, which is gone`)
  const rank = file => (LONG.includes(file) ? LONG.indexOf(file) : LONG.length)
  const longestFirst = files.toSorted((a, b) => rank(a) - rank(b))
  // Whoever asks for some wants to see them file by file.
  if (integration || filters.length > 0) return longestFirst
  const driving = longestFirst.filter(drivesPrograms)
  const others = groupTestFiles(
    longestFirst.filter(file => !drivesPrograms(file)),
    { folder, isApart: file => LONG.includes(file) },
  )
  return others.toSpliced(Math.floor(others.length / 3), 0, ...driving)
}
