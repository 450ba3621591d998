/**
 * An Elasticsearch of a run's own, on a disk of its own: ELASTICSEARCH_HOME holds a distribution
 * (ES_JAVA_HOME names the Java of one without).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '#actors/testing/free-port.ts'
import { pause } from '#runtime/clock.ts'

const HOME = process.env['ELASTICSEARCH_HOME']
export const NO_OWN_ELASTIC = HOME === undefined ? 'ELASTICSEARCH_HOME is not set' : null
/** It does not run as root: then as nobody. */
const NOBODY = 65_534
const START_LOOKS_MAX = 600
const LOOK_MS = 500

export class OwnElastic {
  readonly url: string
  readonly #server: ChildProcess

  private constructor(url: string, server: ChildProcess) {
    this.url = url
    this.#server = server
  }

  /** `settings` as in elasticsearch.yml; answers once it takes requests. */
  static async open(
    folder: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<OwnElastic> {
    const port = await freePort()
    const [config, data, temporary] = ['config', 'data', 'tmp'].map(name => join(folder, name))
    const lines = {
      'discovery.type': 'single-node',
      'xpack.security.enabled': 'false',
      'network.host': '127.0.0.1',
      'http.port': String(port),
      'transport.port': String(await freePort()),
      'path.data': data,
      'path.logs': data,
      ...settings,
    }
    const isRoot = process.getuid?.() === 0
    cpSync(join(HOME ?? '', 'config'), config ?? '', { recursive: true })
    for (const made of [data, temporary]) mkdirSync(made ?? '')
    const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}`)
    writeFileSync(join(config ?? '', 'elasticsearch.yml'), text.join('\n'))
    for (const own of isRoot ? [folder, config, data, temporary] : []) {
      chownSync(own ?? '', NOBODY, NOBODY)
    }
    const server = spawn(join(HOME ?? '', 'bin', 'elasticsearch'), [], {
      stdio: 'ignore',
      // A group of its own: the program that is started starts the server.
      detached: true,
      env: {
        ...process.env,
        HOME: folder,
        ES_PATH_CONF: config,
        ES_TMPDIR: temporary,
        ES_JAVA_OPTS: '-Xms768m -Xmx768m',
      },
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    })
    const elastic = new OwnElastic(`http://127.0.0.1:${port}`, server)
    process.once('exit', () => elastic.#signal())
    await elastic.#started()
    return elastic
  }

  async close(): Promise<void> {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return
    const ended = once(this.#server, 'exit')
    this.#signal()
    await ended
  }

  async #started(): Promise<void> {
    for (let look = 0; look < START_LOOKS_MAX; look++) {
      const answer = await fetch(`${this.url}/_cluster/health`).catch(() => null)
      if (answer?.ok === true) return
      if (this.#server.exitCode !== null) break
      await pause(LOOK_MS)
    }
    throw new Error(`Elasticsearch does not start at ${this.url}`)
  }

  #signal(): void {
    try {
      process.kill(-(this.#server.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
}
