/** A Kafka of one test alone, to be killed and stopped: KAFKA_HOME holds its jars in `libs`. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endsWithUs } from '#actors/testing/ends-with-us.ts'
import { freePort } from '#actors/testing/free-port.ts'
import { pause } from '#runtime/clock.ts'
import { openKafka } from '../kafka/kafkajs.ts'

const HOME = process.env['KAFKA_HOME']
export const NO_OWN_KAFKA = HOME === undefined ? 'KAFKA_HOME is not set' : false

const LOOK_MS = 200
/** Three minutes, where a machine has much else to do. */
const START_LOOKS_MAX = 900

export interface OwnKafkaOptions {
  /** A new temporary one unless given. */
  readonly folder?: string
  /** Opens a second door, for users over TLS. */
  readonly secured?: SecuredDoor
  /** Makes it one broker of several. */
  readonly member?: ClusterMember
}

export interface ClusterMember {
  /** Known before all of them are open: each is told where the others are. */
  readonly ports: Ports
  readonly heapMb: number
  /** Of server.properties, in place of what a broker alone has. */
  readonly lines: Lines
}

export interface SecuredDoor {
  /** Certificate and key of the broker, PEM. */
  readonly pemFile: string
  readonly user: string
  readonly password: string
}

export class OwnKafka {
  readonly brokers: readonly string[]
  /** The door of SecuredDoor. */
  readonly securedBrokers: readonly string[]
  readonly #folder: string
  readonly #heapMb: number
  #server: ChildProcess | null = null

  private constructor(folder: string, { ports, heapMb, lines }: ClusterMember) {
    const [port, controllerPort, securedPort] = ports
    this.#folder = folder
    this.#heapMb = heapMb
    this.brokers = [`127.0.0.1:${port}`]
    this.securedBrokers = [`127.0.0.1:${securedPort}`]
    const own = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      listeners: plainDoors(ports),
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
      'group.initial.rebalance.delay.ms': '0',
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      'log.dirs': join(this.#folder, 'data'),
    }
    const properties = Object.entries({ ...own, ...lines }).map(
      ([name, value]) => `${name}=${value}`,
    )
    writeFileSync(this.#properties, properties.join('\n'))
  }

  /** Formatted, not started. */
  static async prepare({ folder, secured, member }: OwnKafkaOptions = {}): Promise<OwnKafka> {
    const { ports, heapMb, lines } = member ?? { ports: await freePorts(), heapMb: 384, lines: {} }
    const door = secured === undefined ? {} : securedLines(secured, ports)
    const kafka = new OwnKafka(folder ?? mkdtempSync(join(tmpdir(), 'logboy-own-kafka-')), {
      ports,
      heapMb,
      lines: { ...door, ...lines },
    })
    const id = ['format', '-t', 'logboy-own-kafkaaaaaaQ', '-c', kafka.#properties]
    const users = secured === undefined ? [] : scramUsers(secured)
    await promisify(execFile)('java', [...kafka.#java, 'kafka.tools.StorageTool', ...id, ...users])
    return kafka
  }

  static async open(options?: OwnKafkaOptions): Promise<OwnKafka> {
    const kafka = await OwnKafka.prepare(options)
    await kafka.start()
    return kafka
  }

  /** On the data that is there. */
  async start(): Promise<void> {
    const options = [`-Xmx${this.#heapMb}m`, '-Dlog4j2.level=ERROR']
    const args = [...options, ...this.#java, 'kafka.Kafka', this.#properties]
    this.#server = endsWithUs(spawn('java', args, { stdio: 'ignore' }))
    const admin = { brokers: this.brokers, clientId: 'own-kafka' }
    for (let attempt = 0; ; attempt++) {
      const client = openKafka(admin).admin()
      try {
        await client.connect()
        await client.listTopics()
        return
      } catch (error) {
        if (attempt > START_LOOKS_MAX || !this.isRunning) throw error
        await pause(LOOK_MS)
      } finally {
        await client.disconnect().catch(() => undefined)
      }
    }
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const over = once(server, 'exit')
    server.kill('SIGKILL')
    await over
  }

  /** It ends by itself when it cannot write. */
  get isRunning(): boolean {
    return this.#server !== null && this.#server.exitCode === null
  }

  hang(): void {
    this.#server?.kill('SIGSTOP')
  }

  resume(): void {
    this.#server?.kill('SIGCONT')
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties')
  }

  get #java(): readonly string[] {
    // It lives for seconds: code that is compiled better would never pay.
    return ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', `${HOME}/libs/*`]
  }
}

export type Ports = readonly [broker: number, controller: number, secured: number]
export type Lines = Readonly<Record<string, string>>

export async function freePorts(): Promise<Ports> {
  return [await freePort(), await freePort(), await freePort()]
}

function plainDoors([broker, controller]: Ports): string {
  return `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`
}

const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** Of https://kafka.apache.org/41/documentation.html#security_sasl: one user, by three mechanisms. */
function securedLines({ pemFile, user, password }: SecuredDoor, ports: Ports): Lines {
  const security = 'org.apache.kafka.common.security'
  const scram = SCRAM.map(mechanism => [
    `listener.name.sasl_ssl.${mechanism.toLowerCase()}.sasl.jaas.config`,
    `${security}.scram.ScramLoginModule required;`,
  ])
  return {
    ...Object.fromEntries(scram),
    listeners: `${plainDoors(ports)},SASL_SSL://127.0.0.1:${ports[2]}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'listener.name.sasl_ssl.sasl.enabled.mechanisms': ['PLAIN', ...SCRAM].join(),
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${user}="${password}";`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': pemFile,
  }
}

function scramUsers({ user, password }: SecuredDoor): string[] {
  return SCRAM.flatMap(name => ['--add-scram', `${name}=[name=${user},password=${password}]`])
}
