/**
 * The real servers beside us: started, killed, stopped for a while, and taken up again by a script
 * that knows `up`, `kill`, `pause`, `resume` and `env`. LOGBOY_SERVICES names another one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const SERVICES = ['kafka', 'schema-registry', 'elasticsearch', 'postgres', 'redis'] as const
export type Service = (typeof SERVICES)[number]

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

  /** SIGKILL; the data stays. */
  kill(name: Service): void {
    this.#run('kill', name)
  }

  pause(name: Service): void {
    this.#run('pause', name)
  }

  resume(name: Service): void {
    this.#run('resume', name)
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
