/**
 * What alert rules cost: `node bench/alerts.bench.ts [--projects 10] [--rules 1000] [--rate 2000]
 * [--seconds 60]`. Rules are 70 % equality, 20 % words and 10 % regular expressions, a third of
 * them grouped. Batches of a tenth of a second are opened and looked at as a worker does it, and
 * their deltas absorbed as the actor of the project does it; the cores are the CPU time of both for
 * each second of logs. The bytes of batches are made before.
 */
import { parseArgs } from 'node:util'
import { AlertEngine, type StoredRule } from '#actors/alerts/alert-engine.ts'
import { LogGenerator } from '#actors/cli/generate/generator.ts'
import { SERVICES } from '#actors/cli/generate/templates.ts'
import { processBatch } from '#actors/processing/process-batch.ts'
import { packRules } from '#actors/processing/windows/window-rules.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { seededRandom } from '#runtime/index.ts'
import type { Result } from './lab/table.ts'

export interface AlertLoad {
  readonly projects: number
  readonly rules: number
  /** Logs a second of each project. */
  readonly rate: number
  readonly seconds: number
}

export interface AlertCost {
  /** Cores for all projects. */
  readonly worker: number
  readonly actor: number
  readonly changes: number
  readonly groups: number
  readonly deltaBytes: number
  /** CPU of one tick of the clock for one project, µs. */
  readonly tickUs: number
}

const START_US = 1_760_000_000_000_000
const BATCH_US = 100_000
const WORDS = ['declined', 'timeout', 'refused', 'retry', 'expired', 'exceeded', 'order', 'cache']
const SEVERITIES: Readonly<Record<string, number>> = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 }

/** Rule number n of a project, as people write them; most look for what is seldom there. */
export function benchRule(n: number): object {
  const service = SERVICES[n % SERVICES.length] ?? ''
  const kind = n % 10
  const query =
    kind < 7
      ? [
          `service:${service} level:error`,
          `service:${service} status:${400 + (n % 110)}`,
          `user_id:u${String(n * 97).padStart(6, '0')}`,
          `host:${service.replace('-service', '')}-${n % 7} level:>=warn`,
        ][(n >> 1) % 4]
      : kind < 9
        ? `service:${service} ${WORDS[n % WORDS.length]} ${n % 3 === 0 ? `w${n}` : ''}`
        : n % 20 === 9
          ? `service:${service} /order order_\\d+(: card|w${n})/`
          : `/w${n} took \\d+ ms/`
  return {
    name: `rule ${n}`,
    query,
    window: ['1m', '5m', '15m', '1h'][n % 4],
    condition: `> ${10_000 + n}`,
    ...(n % 3 === 0 ? { by: [n % 2 === 0 ? 'host' : 'level'] } : {}),
  }
}

function storedRules(count: number): StoredRule[] {
  return Array.from({ length: count }, (_, n) => {
    const parsed = parseAlertRule(benchRule(n))
    if (parsed.type === 'faults') throw new Error(JSON.stringify([benchRule(n), parsed.faults]))
    return { id: `r${n}`, version: 1, updatedAtUs: START_US, rule: parsed.rule }
  })
}

/** Encoded batches of one project in shared memory, as the log has them. */
function batchesOf({ rate, seconds }: AlertLoad) {
  const generator = new LogGenerator({ random: seededRandom(7) })
  const rows = Math.round((rate * BATCH_US) / 1e6)
  return Array.from({ length: (seconds * 1e6) / BATCH_US }, (_, at) => {
    const builder = new BatchBuilder({ sdkName: 'bench', sdkVersion: '1' })
    for (let row = 0; row < rows; row++) {
      const timeUs = START_US + at * BATCH_US + Math.floor((row * BATCH_US) / rows)
      const { level, attributes, ...log } = generator.next(timeUs)
      const severity = SEVERITIES[level] ?? 9
      const fault = builder.append({
        ...log,
        severity,
        file: '',
        attributes: Object.entries(attributes),
      })
      if (fault !== null) throw new Error(fault)
    }
    const bytes = builder.seal()
    const memory = new SharedArrayBuffer(bytes.length)
    new Uint8Array(memory).set(bytes)
    return memory
  })
}

export function measureAlerts(load: AlertLoad): AlertCost {
  const rules = storedRules(load.rules)
  const packed = packRules(
    'bench',
    rules.map(({ rule }) => rule),
  )
  const engine = new AlertEngine()
  engine.setRules(rules)
  const spent = { worker: 0, actor: 0, tick: 0 }
  let [changes, deltaBytes, ticks] = [0, 0, 0]
  const batches = batchesOf(load)
  // The first tenth warms the code up.
  const warm = Math.floor(batches.length / 10)
  for (const [at, memory] of batches.entries()) {
    const receivedAtUs = START_US + (at + 1) * BATCH_US + 5_000
    const began = process.cpuUsage()
    const { deltas } = processBatch({
      envelope: {
        receivedAtUs: BigInt(receivedAtUs),
        producer: 1n,
        epoch: 1,
        sequence: BigInt(at + 1),
        rejected: [],
      },
      memory,
      offset: 0,
      length: memory.byteLength,
      filters: [],
      rules: packed,
      summary: false,
    }).result
    const looked = process.cpuUsage()
    changes += engine.absorb(deltas, rules, receivedAtUs).length
    const absorbed = process.cpuUsage()
    if (at % 3 === 0) changes += engine.advance(receivedAtUs + BATCH_US / 2).length
    const ticked = process.cpuUsage()
    if (at < warm) continue
    deltaBytes += deltas?.length ?? 0
    spent.worker += usOf(looked) - usOf(began)
    spent.actor += usOf(ticked) - usOf(looked)
    spent.tick += usOf(ticked) - usOf(absorbed)
    ticks += at % 3 === 0 ? 1 : 0
  }
  const perSecond = ((batches.length - warm) * BATCH_US) / load.projects
  let groups = 0
  for (const { evaluator } of engine.evaluators.values()) groups += evaluator.groups.size
  return {
    worker: spent.worker / perSecond,
    actor: spent.actor / perSecond,
    changes,
    groups,
    deltaBytes: deltaBytes / (batches.length - warm),
    tickUs: spent.tick / Math.max(1, ticks),
  }
}

function usOf({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}

/** One line of the table. */
export function alertResult(load: AlertLoad, { worker, actor }: AlertCost): Result {
  const what = `${load.projects} projects × ${load.rules} rules × ${load.rate} logs/s`
  return {
    what: `alert rules: ${what}`,
    value: worker + actor,
    unit: 'cores',
    better: 'less',
    goal: 0.5,
    floor: null,
    note: `worker ${worker.toFixed(2)}, actor ${actor.toFixed(2)}`,
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      projects: { type: 'string', default: '10' },
      rules: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '2000' },
      seconds: { type: 'string', default: '60' },
    },
  })
  const load = {
    projects: Number(values.projects),
    rules: Number(values.rules),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
  }
  process.stdout.write(`${JSON.stringify(measureAlerts(load))}\n`)
}
