import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/**
 * The rules of the house that a machine can check: layers, circles, sizes, names, bans.
 * A rule stands here or it is not a rule.
 */

const FILE_LINES_MAX = 400
const TEST_LINES_MAX = 800
const COLUMNS_MAX = 100
const SKIPPED = new Set(['node_modules', 'dist', 'gen', 'data', '.git', 'results', 'coverage'])

interface Source {
  readonly path: string
  readonly text: string
  readonly code: string
  readonly imports: readonly string[]
}

const sources = listSources('.').map(readSource)
const production = sources.filter(({ path }) => !isTest(path))

test('no import circles, types included', () => {
  const graph = new Map(sources.map(({ path, imports }) => [path, imports.filter(isLocal)]))
  assert.deepEqual(findCircle(graph), [])
})

test('layers: proto knows nobody, runtime only node, sdk and ui only proto', () => {
  const allowed: Record<string, (target: string) => boolean> = {
    proto: target => target.startsWith('proto/') || target.startsWith('@bufbuild/protobuf'),
    runtime: target => target.startsWith('runtime/') || target.startsWith('node:'),
    actors: target => !/^(sdk|ui|bench|scripts)\//.test(target),
    sdk: target =>
      /^(sdk|proto)\//.test(target) ||
      target.startsWith('node:') ||
      /^(@grpc\/grpc-js|@bufbuild\/protobuf)/.test(target),
    ui: target => /^(ui|proto)\//.test(target) || !isLocal(target),
  }
  const wrong = production.flatMap(({ path, imports }) => {
    const rule = allowed[path.split('/')[0] as string]
    if (rule === undefined || path.includes('/testing/')) return []
    return imports.filter(target => !rule(target)).map(target => `${path} imports ${target}`)
  })
  assert.deepEqual(
    wrong.filter(line => line !== 'runtime/worker-pool.ts imports piscina'),
    [],
  )
})

test('inside actors data flows one way: nobody imports upstream', () => {
  // Upstream first. A folder may import those after it, never those before it.
  const order = [
    'cli',
    'api',
    'gateway',
    'project',
    'retention',
    'tail',
    'notifications',
    'alerts',
    'store',
    'processing',
    'commit-log',
    'identity',
    'mail',
    'coordination',
    'catalog',
    'http',
  ]
  const rank = (path: string) => order.indexOf(path.split('/')[1] as string)
  const wrong = production.flatMap(({ path, imports }) =>
    path.startsWith('actors/') && rank(path) >= 0 && !path.includes('/testing/')
      ? imports
          .filter(target => target.startsWith('actors/') && rank(target) >= 0)
          .filter(target => rank(target) < rank(path))
          .map(target => `${path} imports ${target}`)
      : [],
  )
  assert.deepEqual(wrong, [])
})

test('testing folders are imported by tests, benches and other testing folders only', () => {
  const wrong = production
    .filter(({ path }) => !path.includes('/testing/') && !path.startsWith('bench/'))
    .flatMap(({ path, imports }) =>
      imports
        .filter(target => target.includes('/testing/'))
        .map(target => `${path} imports ${target}`),
    )
  assert.deepEqual(wrong, [])
})

test('what npm runs as a command may be run: npx takes a checkout as it is', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    bin: Record<string, string>
  }
  for (const path of Object.values(bin)) assert.equal(statSync(path).mode & 0o111, 0o111, path)
})

test('files are short and lines fit', () => {
  const wrong = sources.flatMap(({ path, text }) => {
    const lines = text.split('\n')
    const max = isTest(path) || path.includes('/testing/') ? TEST_LINES_MAX : FILE_LINES_MAX
    const long = lines.length > max + 1 ? [`${path} has ${lines.length} lines, at most ${max}`] : []
    const wide = lines.flatMap((line, at) =>
      line.length > COLUMNS_MAX && !/https?:\/\/|import |['"`]/.test(line)
        ? [`${path}:${at + 1} is ${line.length} columns wide`]
        : [],
    )
    return [...long, ...wide]
  })
  assert.deepEqual(wrong, [])
})

test('a file is named by its noun in kebab-case', () => {
  const vague = /(^|\/)(utils?|helpers?|common|types?|misc|shared)\.tsx?$/
  const wrong = sources
    .map(({ path }) => path)
    .filter(path => vague.test(path) || !/^[a-z0-9./-]+\.tsx?$/.test(path))
  assert.deepEqual(wrong, [])
})

test('time, randomness, environment and console have one owner each', () => {
  const bans: readonly (readonly [RegExp, RegExp])[] = [
    [
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
      /^(runtime\/clock|sdk\/clock|ui\/src\/.*clock)\.ts$/,
    ],
    [/\bset(Timeout|Interval)\(/, /^(runtime\/clock|sdk\/clock|ui\/src\/.*clock)\.ts$/],
    [/\bMath\.random\(|\brandomUUID\(/, /^runtime\/random\.ts$/],
    [/\bsetImmediate\(/, /^runtime\/scheduler\.ts$/],
    [/\bprocess\.env\b/, /^(actors\/config|sdk\/environment|scripts\/.*)\.ts$/],
    [/\bconsole\.\w+\(/, /^$/],
  ]
  const scope = /^(proto|runtime|actors|sdk|ui\/src)\//
  const wrong = production
    .filter(({ path }) => scope.test(path) && !path.includes('/testing/'))
    .flatMap(({ path, code }) =>
      bans
        .filter(([banned, owner]) => banned.test(code) && !owner.test(path))
        .map(([banned]) => `${path} uses ${banned.source}`),
    )
  assert.deepEqual(wrong, [])
})

test('what is read from the environment beside the settings is documented, too', () => {
  const doc = readFileSync('docs/configuration.md', 'utf8')
  const read = production
    .filter(({ path }) => /^(actors|sdk)\//.test(path) && !path.includes('/testing/'))
    .flatMap(({ code }) => [...code.matchAll(/\b(?:env|environment)(?:\.|\[')(LOGBOY_\w+)/g)])
    .map(([, name]) => name as string)
  assert.ok(read.includes('LOGBOY_TOKEN') && read.includes('LOGBOY_SPOOL'), 'they are found')
  assert.deepEqual(
    [...new Set(read)].filter(name => !doc.includes(`\`${name}\``)),
    [],
  )
})

test('no escape hatches and nothing left unfinished', () => {
  const bans = [
    /:\s*any\b|\bas any\b|<any>/,
    /@ts-(ignore|expect-error|nocheck)/,
    /\bas unknown as\b/,
    /\b(TODO|FIXME|XXX|HACK)\b/,
    /\b(test|it|describe)\.only\(/,
  ]
  const wrong = sources
    .filter(({ path }) => path !== 'tidy.test.ts')
    .flatMap(({ path, text }) =>
      bans.filter(banned => banned.test(text)).map(banned => `${path}: ${banned.source}`),
    )
  assert.deepEqual(wrong, [])
})

test('the runtime stays small enough to be read in an afternoon', () => {
  const files = production.filter(({ path }) => /^runtime\/[^/]+\.ts$/.test(path))
  const lines = files.reduce((sum, { text }) => sum + text.split('\n').length, 0)
  assert.ok(files.length <= 24, `${files.length} files`)
  assert.ok(lines <= 2_500, `${lines} lines`)
})

test('every production file is reached by someone', () => {
  const reached = new Set(sources.flatMap(({ imports }) => imports))
  const text = sources.map(source => source.text).join('\n') + readScripts()
  const orphan = production
    .map(({ path }) => path)
    .filter(path => /^(proto|runtime|actors|sdk)\//.test(path) && !reached.has(path))
    .filter(path => !text.includes(path.split('/').at(-1) as string))
  assert.deepEqual(orphan, [])
})

function isTest(path: string): boolean {
  return /\.(test|fuzz|bench)\.tsx?$/.test(path)
}

function isLocal(target: string): boolean {
  return /^(proto|runtime|actors|sdk|ui|bench|scripts)\//.test(target)
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = normalize(join(folder, entry.name))
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : listSources(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : []
  })
}

function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const names = [...code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)]
  return { path, text, code, imports: names.map(([, name]) => resolveImport(path, name as string)) }
}

function resolveImport(from: string, name: string): string {
  if (name.startsWith('#')) return name.slice(1)
  return name.startsWith('.') ? normalize(join(dirname(from), name)) : name
}

function readScripts(): string {
  return ['package.json', ...readdirSync('scripts').map(name => `scripts/${name}`)]
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')
}

/** The first circle found, as a path; [] = none. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const walk = (node: string, trail: string[]): string[] => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node]
    if (done.has(node)) return []
    for (const next of graph.get(node) ?? []) {
      const circle = walk(next, [...trail, node])
      if (circle.length > 0) return circle
    }
    done.add(node)
    return []
  }
  for (const node of graph.keys()) {
    const circle = walk(node, [])
    if (circle.length > 0) return circle
  }
  return []
}
