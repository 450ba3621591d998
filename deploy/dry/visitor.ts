/** What somebody does who has just started the project: signs in, sends logs, finds them again. */
import { createLogger } from '@logboy/sdk'
import { callAt, type LabEntry, type ProjectKeys } from '../../bench/lab/entry.ts'
import { Follower } from '../../bench/lab/follower.ts'
import { Ledger, problemsOf } from '../../bench/lab/ledger.ts'
import { pause } from '../../bench/lab/pause.ts'
import { readSettled } from '../../bench/lab/searcher.ts'
import { RequestWriter, SdkWriter } from '../../bench/lab/writers.ts'
import type { Container } from './container.ts'

const SIGN_IN_LINE = /^logboy sign in within 15 minutes: (http\S+)$/
const LOAD_PACKAGES = `
import { readFileSync } from 'node:fs'
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
for (const name of Object.keys(dependencies)) await import(name)
process.exit()`
const WRITING_MS = 1_500
const FOUND_MS_MAX = 60_000
const BURST_LOGS = 200_000
const BURST_STEP = 20_000

export class Visitor implements LabEntry {
  readonly url: string
  readonly grpcUrl: string
  readonly #ledger = new Ledger()
  #keys: ProjectKeys = { id: '', ingest: '', read: '' }

  /** `entry` is where ports are published. */
  constructor(entry: string) {
    this.url = `http://${entry}:4000`
    this.grpcUrl = `http://${entry}:4317`
  }

  call(method: string, path: string, body?: unknown, key = ''): Promise<Record<string, string>> {
    return callAt(this.url, { method, path, body, token: key })
  }

  /** The link stands in the container's log, shows the page, and signs in once. */
  async signIn({ name, lines }: Container): Promise<void> {
    const link = lines.map(line => SIGN_IN_LINE.exec(line)?.[1]).find(it => it !== undefined)
    if (link === undefined) throw new Error(`no link to sign in stands in the log of ${name}`)
    const page = await fetch(link)
    const text = await page.text()
    if (!page.ok || !text.includes('<div id="app"')) {
      throw new Error(`the link shows no page: ${page.status} ${text.slice(0, 200)}`)
    }
    const ticket = new URL(link).searchParams.get('ticket')
    const redeem = (): Promise<Response> =>
      fetch(`${this.url}/api/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: this.url },
        body: JSON.stringify({ ticket }),
      })
    const [first, second] = [await redeem(), await redeem()]
    if (!first.ok || first.headers.get('set-cookie') === null) {
      throw new Error(`the link does not sign in: ${first.status} ${await first.text()}`)
    }
    if (second.ok) throw new Error('the link signs in twice')
  }

  /** The image was not left with less than the code asks for. */
  async loadPackages(container: Container): Promise<void> {
    const { code, output } = await container.execute([
      'node',
      '--input-type=module',
      '--eval',
      LOAD_PACKAGES,
    ])
    if (code !== 0) throw new Error(`a package cannot be loaded in the image: ${output}`)
  }

  /** By the command line inside a container, as docs/growing.md says. */
  async createProject(container: Container): Promise<void> {
    const command = ['node', 'actors/cli/logboy.ts', 'project', 'create', 'shop', '--json']
    const { code, output } = await container.execute(command)
    if (code !== 0) throw new Error(`'${command.join(' ')}' failed: ${output}`)
    const { id, ingest_key, read_key } = JSON.parse(output) as Record<string, string>
    this.#keys = { id: id ?? '', ingest: ingest_key ?? '', read: read_key ?? '' }
  }

  /** Sends through both doors; every log is found once by a search and by a tail. */
  async sendAndFind(): Promise<string> {
    const [keys, ledger] = [this.#keys, this.#ledger]
    const follower = new Follower(this, keys, '')
    try {
      await follower.started()
      const options = (name: string) => ({ name, server: this, keys, ledger })
      const writers = [
        new SdkWriter(options('sdk-over-grpc'), 'grpc'),
        new RequestWriter(options('http'), { isKeyed: true }),
      ]
      await pause(WRITING_MS)
      for (const writer of writers) await writer.stop()
      const found = await this.findAll()
      await follower.judge(found)
      if (follower.wrong.length > 0) throw new Error(follower.wrong.slice(0, 3).join('; '))
      const counts = writers.map(({ name }) => `${ledger.acknowledgedBy(name)} by ${name}`)
      return `${counts.join(', ')}: each found once, and shown live`
    } finally {
      follower.stop()
    }
  }

  /** As fast as one program logs: the memory that this takes has to fit the limits. */
  async burst(): Promise<string> {
    const { url, grpcUrl } = this
    const options = { url, grpcUrl, key: this.#keys.ingest, service: 'burst', exitHooks: false }
    const logger = createLogger(options)
    const begunMs = performance.now()
    for (let number = 1; number <= BURST_LOGS; number++) {
      logger.info('one of many that come at once', { writer: 'burst', number })
      if (number % BURST_STEP === 0) await logger.flush(FOUND_MS_MAX)
    }
    await logger.close(FOUND_MS_MAX)
    const { acknowledged } = logger.stats()
    if (acknowledged < BURST_LOGS) throw new Error(`of ${BURST_LOGS} it took ${acknowledged}`)
    const perSecond = Math.round((BURST_LOGS / (performance.now() - begunMs)) * 1_000)
    return `${BURST_LOGS} logs at once: ${perSecond} a second`
  }

  async findAll() {
    const rows = await readSettled(this, this.#keys, this.#ledger, FOUND_MS_MAX)
    const problems = problemsOf(this.#ledger.judge(rows))
    if (problems.length > 0) throw new Error(problems.join('; '))
    return rows
  }
}
