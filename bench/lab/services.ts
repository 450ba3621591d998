/**
 * The real servers beside us: started, killed, stopped for a while, and taken up again by a script
 * that knows `up`, `kill`, `pause`, `resume` and `env`. LOGBOY_SERVICES names another one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pause } from './pause.ts'
import { isThere, processesAt } from './server-processes.ts'

export const SERVICES = ['kafka', 'schema-registry', 'elasticsearch', 'postgres', 'redis'] as const
export type Service = (typeof SERVICES)[number]

const ADDRESSES: Readonly<Record<Service, string>> = {
  kafka: 'KAFKA_BROKERS',
  'schema-registry': 'SCHEMA_REGISTRY_URL',
  elasticsearch: 'ELASTICSEARCH_URL',
  postgres: 'DATABASE_URL',
  redis: 'REDIS_URL',
}
const LOOK_MS = 20

const SCRIPT =
  process.env['LOGBOY_SERVICES'] ??
  fileURLToPath(new URL('../../../shared/services/services', import.meta.url))

export class Services {
  /** null = the script that starts them is not there. */
  static find(): Services | null {
    return existsSync(SCRIPT) ? new Services() : null
  }

  up(...names: readonly Service[]): void {
    this.#run('up', ...names)
  }

  /** SIGKILL; the data stays. Settles once all its processes ended. */
  async kill(name: Service): Promise<void> {
    const pids = this.#processesOf(name)
    this.#run('kill', name)
    send(pids, 'SIGKILL')
    while (pids.some(isThere)) await pause(LOOK_MS)
  }

  pause(name: Service): void {
    const pids = this.#processesOf(name)
    this.#run('pause', name)
    send(pids, 'SIGSTOP')
  }

  resume(name: Service): void {
    const pids = this.#processesOf(name)
    this.#run('resume', name)
    send(pids, 'SIGCONT')
  }

  /** The script's signals reach its own; `su`, by which PostgreSQL starts, leaves that session. */
  #processesOf(name: Service): readonly number[] {
    const address = this.environment()[ADDRESSES[name]] ?? ''
    const port = Number(/:(\d+)(?:\/|$)/.exec(address)?.[1])
    const pids = processesAt(port)
    if (pids.length === 0) throw new Error(`nobody listens at ${name}'s address '${address}'`)
    return pids
  }

  /** Their addresses, as the server reads them. */
  environment(): Record<string, string> {
    const lines = this.#run('env').split('\n')
    const pairs = lines.flatMap(line => {
      const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    })
    return Object.fromEntries(pairs)
  }

  #run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(SCRIPT, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`services ${args.join(' ')}: ${stderr || stdout}`)
    return stdout
  }
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    if (isThere(pid)) process.kill(pid, signal)
  }
}
