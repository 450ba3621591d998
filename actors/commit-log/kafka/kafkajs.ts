/**
 * The one door to kafkajs 2.2.4, whose last release was in 2023 and stays pinned. Where its outer
 * classes are in the way its inner ones are used: a consumer of its own cannot be given partitions,
 * stalls silently, and blocks all partitions behind one; membership and fetching do neither.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import kafkajs, {
  type Broker,
  type Cluster,
  type ISocketFactory,
  type Kafka,
  type KafkaConfig,
  type logLevel,
  type SASLOptions,
} from 'kafkajs'
import { requestHead } from './produce-request.ts'
import { decodeTogether, encodeTogether, shareOut } from './sharing.ts'
import { METADATA_KEY, METADATA_VERSION, metadataRequest, topicIdIn } from './topic-id.ts'

export interface KafkaAddress {
  /** host:port. */
  readonly brokers: readonly string[]
  /** Shown in the brokers' own logs and quotas. */
  readonly clientId: string
  /** With an authority of its own (PEM), or those that Node knows. */
  readonly ssl?: boolean | { readonly ca: string[] }
  readonly sasl?: SASLOptions
  /** A request without an answer after this long has failed. */
  readonly requestTimeoutMs?: number
  /** For tests: how connections are made. */
  readonly socketFactory?: ISocketFactory
}

export type { Broker, Cluster }

const CONNECT_TIMEOUT_MS = 2_000
const REQUEST_TIMEOUT_MS = 5_000
const METADATA_AGE_MS = 60_000
/** kafkajs logs what it also throws; whoever catches it tells it once. */
const LOG_NOTHING: logLevel = 0
/** Before the next broker is asked. */
const NEXT_BROKER_MS = 20
/** Only records of committed transactions, should others ever write such. */
const READ_COMMITTED = 1

const require = createRequire(import.meta.url)
const inner = {
  Cluster: require('kafkajs/src/cluster/index.js') as new (options: object) => Cluster,
  ConsumerGroup: require('kafkajs/src/consumer/consumerGroup.js') as new (
    options: object,
  ) => GroupMember,
  Emitter: require('kafkajs/src/instrumentation/emitter.js') as new () => object,
  RequestQueue: require('kafkajs/src/network/requestQueue/index.js') as {
    readonly prototype: RequestQueue
  },
  assignerProtocol: require('kafkajs/src/consumer/assignerProtocol.js') as AssignerProtocol,
  newRoundRobin: require('kafkajs/src/consumer/assigners/roundRobinAssigner/index.js') as (of: {
    readonly cluster: Cluster
  }) => object,
  newSocketFactory: require('kafkajs/src/network/socketFactory.js') as () => ISocketFactory,
  produceResponse: require('kafkajs/src/protocol/requests/produce/v7/response.js') as {
    decode(payload: Buffer): Promise<ProduceAnswer>
    /** Throws the first error that the broker tells. */
    parse(answer: ProduceAnswer): Promise<ProduceAnswer>
  },
}

interface AssignerProtocol {
  readonly MemberMetadata: {
    encode(metadata: {
      readonly version: number
      readonly topics: readonly string[]
      readonly userData: Buffer
    }): Buffer
    decode(bytes: Buffer): { readonly userData: Buffer }
  }
  readonly MemberAssignment: {
    encode(assignment: {
      readonly version: number
      readonly assignment: Readonly<Record<string, readonly number[]>>
    }): Buffer
  }
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

/**
 * A connection that waits for nothing sets no timer: unpatched, each arms one of 1 ms for ever
 * (920 wake-ups and 28 ms of CPU a second, https://github.com/tulios/kafkajs/issues/1751).
 */
function patchIdleTimer(): void {
  const { prototype } = inner.RequestQueue
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > 0) schedule.call(this)
  }
}

patchIdleTimer()

export function openKafka(address: KafkaAddress): Kafka {
  return new kafkajs.Kafka(configOf(address))
}

/** One cluster: a connection to each broker, shared by all that use it. */
export function newCluster(address: KafkaAddress): Cluster {
  return new inner.Cluster({
    ...configOf(address),
    logger: openKafka(address).logger(),
    socketFactory: address.socketFactory ?? inner.newSocketFactory(),
    metadataMaxAge: METADATA_AGE_MS,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    instrumentationEmitter: new inner.Emitter(),
    isolationLevel: READ_COMMITTED,
  })
}

/** Joins, shares out the partitions, and leaves; the rest of kafkajs's class is not used. */
export interface GroupMember {
  memberId: string | null
  readonly generationId: number
  readonly coordinator: Broker & {
    heartbeat(request: {
      groupId: string
      groupGenerationId: number
      memberId: string
    }): Promise<unknown>
  }
  joinAndSync(): Promise<void>
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[]
  leave(): Promise<void>
}

/** The topic must be among the cluster's target topics. */
export function newGroupMember(
  cluster: Cluster,
  address: KafkaAddress,
  group: {
    readonly groupId: string
    readonly topic: string
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
    /** Sets of partitions that are not to be parted; undefined = there are none, in no member. */
    readonly together?: () => readonly (readonly number[])[]
  },
): GroupMember {
  const { topic, together } = group
  return new inner.ConsumerGroup({
    cluster,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 },
    logger: openKafka(address).logger(),
    instrumentationEmitter: new inner.Emitter(),
    assigners: [
      together === undefined
        ? inner.newRoundRobin({ cluster })
        : newTogetherAssigner(cluster, topic, together),
    ],
    groupId: group.groupId,
    topics: [topic],
    topicConfigurations: {},
    sessionTimeout: group.sessionTimeoutMs,
    rebalanceTimeout: group.rebalanceTimeoutMs,
    autoCommit: false,
    metadataMaxAge: METADATA_AGE_MS,
  })
}

/** All members of a group have the same kind. */
function newTogetherAssigner(
  cluster: Cluster,
  topic: string,
  together: () => readonly (readonly number[])[],
): object {
  const { MemberMetadata, MemberAssignment } = inner.assignerProtocol
  const name = 'logboy-together'
  return {
    name,
    version: 0,
    protocol: () => {
      const userData = encodeTogether(together())
      return { name, metadata: MemberMetadata.encode({ version: 0, topics: [topic], userData }) }
    },
    assign: async ({ members }: { readonly members: readonly JoinedMember[] }) => {
      const sharers = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        together: decodeTogether(MemberMetadata.decode(memberMetadata).userData),
      }))
      const { length } = cluster.findTopicPartitionMetadata(topic)
      return [...shareOut(sharers, length)].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: { [topic]: partitions },
        }),
      }))
    },
  }
}

interface JoinedMember {
  readonly memberId: string
  readonly memberMetadata: Buffer
}

interface Connected {
  readonly connectionPool: {
    send<Answer>(request: object): Promise<Answer>
    getConnectionByRequest(of: { readonly request: { readonly apiKey: number } }): Promise<Link>
  }
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>
}

/** kafkajs's connection: requests queue here, and are answered by their number. */
interface Link {
  readonly clientId: string
  readonly socket: Socket
  readonly requestQueue: {
    push(request: {
      readonly entry: typeof PRODUCE & {
        readonly correlationId: number
        resolve(answer: { readonly payload: Buffer }): void
        reject(error: Error): void
      }
      readonly expectResponse: true
      readonly requestTimeout: null
      sendRequest(): void
    }): void
    maybeThrottle(ms: number): void
  }
  isAuthenticated(): boolean
  authenticate(): Promise<void>
  failIfNotConnected(): void
  nextCorrelationId(): number
}

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' }

interface ProduceAnswer {
  readonly clientSideThrottleTime: number
  readonly topics: readonly { readonly partitions: readonly { readonly baseOffset: string }[] }[]
}

/**
 * Sends a Produce request for one partition; answers the offset of its first record. What kafkajs's
 * own `send` does, but for its two copies of the body, each into memory filled with zeros before.
 */
export async function produce(broker: Broker, body: Buffer): Promise<number> {
  const { connectionPool } = broker as Broker & Connected
  const link = await connectionPool.getConnectionByRequest({ request: PRODUCE })
  if (!link.isAuthenticated()) await link.authenticate()
  const { clientId, requestQueue, socket } = link
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    link.failIfNotConnected()
    const correlationId = link.nextCorrelationId()
    const head = requestHead({ ...PRODUCE, correlationId, clientId }, body.length)
    const sendRequest = (): void => {
      // One system call for both.
      socket.cork()
      socket.write(head)
      socket.write(body)
      socket.uncork()
    }
    const entry = { ...PRODUCE, correlationId, resolve, reject }
    requestQueue.push({ entry, expectResponse: true, requestTimeout: null, sendRequest })
  })
  const answer = await inner.produceResponse.decode(payload)
  requestQueue.maybeThrottle(answer.clientSideThrottleTime)
  const { topics } = await inner.produceResponse.parse(answer)
  return Number(topics[0]?.partitions[0]?.baseOffset ?? Number.NaN)
}

/** What a topic has that no other one will have; '' = the broker is of before there was such. */
export async function topicId(broker: Broker, topic: string): Promise<string> {
  const { connectionPool, versions } = broker as Broker & Connected
  if ((versions[METADATA_KEY]?.maxVersion ?? 0) < METADATA_VERSION) return ''
  const body = metadataRequest(topic)
  const encode = async (): Promise<object> => ({ buf: body, buffer: body })
  const request = {
    apiKey: METADATA_KEY,
    apiVersion: METADATA_VERSION,
    apiName: 'Metadata',
    encode,
  }
  const response = { decode: async (bytes: Buffer) => bytes, parse: async (bytes: Buffer) => bytes }
  return topicIdIn(await connectionPool.send<Buffer>({ request, response }), topic)
}

/** A fetch from any partitions that this broker leads; answered once there is something. */
export async function fetchRecords(
  broker: Broker,
  topic: string,
  offsets: ReadonlyMap<number, number>,
  limits: { readonly waitMs: number; readonly partitionBytes: number; readonly bytes: number },
): Promise<readonly FetchAnswer[]> {
  const partitions = [...offsets].map(([partition, offset]) => ({
    partition,
    fetchOffset: String(offset),
    maxBytes: limits.partitionBytes,
  }))
  const { responses } = (await broker.fetch({
    replicaId: -1,
    isolationLevel: READ_COMMITTED,
    maxWaitTime: limits.waitMs,
    minBytes: 1,
    maxBytes: limits.bytes,
    topics: [{ topic, partitions }],
  })) as { readonly responses: readonly { readonly partitions: readonly FetchAnswer[] }[] }
  return responses.flatMap(answer => answer.partitions)
}

export interface FetchAnswer {
  readonly partition: number
  readonly highWatermark: string
  readonly messages: readonly {
    readonly offset: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers?: Readonly<Record<string, unknown>>
  }[]
}

/** Timestamp of a question about offsets: the newest, or the first record from a time (ms) on. */
export const OFFSET_OF_END = -1

export interface OffsetAnswer {
  readonly partition: number
  readonly offset: string
  /** -1 = not told. */
  readonly timestamp: string
}

/** Offsets of partitions that this broker leads. */
export async function listOffsets(
  broker: Broker,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
): Promise<readonly OffsetAnswer[]> {
  const asked = broker as Broker & {
    listOffsets(request: object): Promise<{
      readonly responses: readonly { readonly partitions: readonly OffsetAnswer[] }[]
    }>
  }
  const { responses } = await asked.listOffsets({
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: partitions.map(partition => ({ partition, timestamp })) }],
  })
  return responses.flatMap(({ partitions: answers }) => answers)
}

/** kafkajs's name or Kafka's type of an error, such as KafkaJSConnectionError. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { type } = error as { type?: unknown }
  return typeof type === 'string' ? type : error.name
}

let turn = 0

/**
 * kafkajs begins at the first address whenever it is connected anew, and goes on from one that does
 * not answer only if it refuses: with a broker dead or hung, others have to be asked first.
 */
function nextOf(brokers: readonly string[]): string {
  return brokers[turn++ % brokers.length] as string
}

function configOf(address: KafkaAddress): KafkaConfig {
  const { brokers, clientId, ssl, sasl, requestTimeoutMs, socketFactory } = address
  return {
    brokers: () => [nextOf(brokers)],
    clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    // Each broker once: whoever asks knows better when to try again.
    retry: { retries: brokers.length - 1, initialRetryTime: NEXT_BROKER_MS },
    logLevel: LOG_NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    ...(socketFactory === undefined ? {} : { socketFactory }),
  }
}
