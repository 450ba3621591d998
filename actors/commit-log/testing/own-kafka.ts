/** A Kafka of one test alone, to be killed and stopped: KAFKA_HOME holds its jars in `libs`. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#actors/testing/free-port.ts'
import { pause } from '#runtime/clock.ts'
import { openKafka } from '../kafka/kafkajs.ts'

const HOME = process.env['KAFKA_HOME']
export const NO_OWN_KAFKA = HOME === undefined ? 'KAFKA_HOME is not set' : false

export class OwnKafka {
  readonly brokers: readonly string[]
  readonly #folder = mkdtempSync(join(tmpdir(), 'logboy-own-kafka-'))
  #server: ChildProcess | null = null

  private constructor(port: number, controllerPort: number) {
    this.brokers = [`127.0.0.1:${port}`]
    const lines = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
      'group.initial.rebalance.delay.ms': '0',
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      'log.dirs': join(this.#folder, 'data'),
    }
    const properties = Object.entries(lines).map(([name, value]) => `${name}=${value}`)
    writeFileSync(this.#properties, properties.join('\n'))
  }

  static async open(): Promise<OwnKafka> {
    const kafka = new OwnKafka(await freePort(), await freePort())
    const id = ['format', '-t', 'logboy-own-kafkaaaaaaQ', '-c', kafka.#properties]
    const formatted = spawnSync('java', [...kafka.#java, 'kafka.tools.StorageTool', ...id])
    assert.equal(formatted.status, 0, formatted.stderr.toString())
    await kafka.start()
    return kafka
  }

  /** On the data that is there. */
  async start(): Promise<void> {
    const options = ['-Xmx384m', '-Dlog4j2.level=ERROR']
    const args = [...options, ...this.#java, 'kafka.Kafka', this.#properties]
    this.#server = spawn('java', args, { stdio: 'ignore' })
    const admin = { brokers: this.brokers, clientId: 'own-kafka' }
    for (let attempt = 0; ; attempt++) {
      const client = openKafka(admin).admin()
      try {
        await client.connect()
        await client.listTopics()
        return
      } catch (error) {
        if (attempt > 150) throw error
        await pause(200)
      } finally {
        await client.disconnect().catch(() => undefined)
      }
    }
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const over = once(server, 'exit')
    server.kill('SIGKILL')
    await over
  }

  hang(): void {
    this.#server?.kill('SIGSTOP')
  }

  resume(): void {
    this.#server?.kill('SIGCONT')
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true })
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties')
  }

  get #java(): readonly string[] {
    return ['-cp', `${HOME}/libs/*`]
  }
}
