/**
 * An installation of several processes on real servers: two gateways that also serve the API, two
 * processors, one scheduler, behind a balancer.
 */
import { randomBytes } from 'node:crypto'
import { createPool, type QuerySqlToken, sql } from 'slonik'
import { z } from 'zod'
import { Balancer } from './balancer.ts'
import { callAt, type LabEntry, type ProjectKeys, projectAt } from './entry.ts'
import { LabServer } from './server.ts'

export const MEMBERS = {
  'gateway-1': 'gateway,api',
  'gateway-2': 'gateway,api',
  'processor-1': 'processor',
  'processor-2': 'processor,scheduler',
} as const
export type Member = keyof typeof MEMBERS

export interface ClusterOptions {
  readonly settings?: Readonly<Record<string, string>>
  /** Which processes there are, and their roles. */
  readonly members?: Readonly<Partial<Record<Member, string>>>
}

interface ClusterNames {
  readonly installation: string
  readonly databaseUrl: string
  readonly token: string
}

export class LabCluster implements LabEntry {
  readonly members: ReadonlyMap<Member, LabServer>
  /** Begins the names of all that it has on servers of others. */
  readonly installation: string
  readonly databaseUrl: string
  readonly #token: string
  readonly #balancers: readonly [http: Balancer, grpc: Balancer]

  private constructor(
    members: ReadonlyMap<Member, LabServer>,
    { installation, databaseUrl, token }: ClusterNames,
    balancers: readonly [http: Balancer, grpc: Balancer],
  ) {
    this.members = members
    this.installation = installation
    this.databaseUrl = databaseUrl
    this.#token = token
    this.#balancers = balancers
  }

  /** `environment` names the servers; topics, indices and the database are this cluster's own. */
  static async start(
    environment: Readonly<Record<string, string>>,
    { settings = {}, members: wanted = MEMBERS }: ClusterOptions = {},
  ): Promise<LabCluster> {
    const installation = `lab${randomBytes(5).toString('hex')}`
    const token = randomBytes(32).toString('hex')
    const databaseUrl = await createDatabase(environment['DATABASE_URL'] ?? '', installation)
    const shared = {
      ...environment,
      ...settings,
      DATABASE_URL: databaseUrl,
      LOGBOY_INSTALLATION: installation,
      LOGBOY_ADMIN_TOKEN: token,
      KAFKA_PARTITIONS: settings['KAFKA_PARTITIONS'] ?? '4',
    }
    const members = new Map<Member, LabServer>()
    for (const [name, roles] of Object.entries(wanted)) {
      members.set(name as Member, new LabServer({ env: { ...shared, LOGBOY_ROLES: roles } }))
    }
    for (const member of members.values()) await member.start()
    const gateways = [...members].filter(([name]) => name.startsWith('gateway'))
    const ports = (of: (server: LabServer) => string) => () =>
      gateways.map(([, server]) => Number(new URL(of(server)).port))
    const balancers = [
      await Balancer.open(ports(({ url }) => url)),
      await Balancer.open(ports(({ grpcUrl }) => grpcUrl)),
    ] as const
    return new LabCluster(members, { installation, databaseUrl, token }, balancers)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#balancers[0].port}`
  }

  get grpcUrl(): string {
    return `http://127.0.0.1:${this.#balancers[1].port}`
  }

  /** What its members logged as errors. */
  get faults(): readonly string[] {
    return [...this.members.values()].flatMap(({ faults }) => faults)
  }

  member(name: Member): LabServer {
    return this.members.get(name) as LabServer
  }

  createProject(name: string): Promise<ProjectKeys> {
    return projectAt(this, name)
  }

  call(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Record<string, string>> {
    return callAt(this.url, { method, path, body, token: key ?? this.#token })
  }

  /** `orderly` = each drains first. */
  async end(orderly: boolean): Promise<void> {
    const members = [...this.members.values()]
    await Promise.all(members.map(member => (orderly ? member.stop() : member.kill())))
    for (const balancer of this.#balancers) balancer.close()
    for (const member of members) member.remove()
  }
}

/** A database of that name on the server that the URL names; answers its own URL. */
export async function createDatabase(url: string, name: string): Promise<string> {
  await change(url, sql.type(z.unknown())`CREATE DATABASE ${sql.identifier([name])}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

/** The server goes on; whoever is connected is not asked. */
export function dropDatabase(url: string, name: string): Promise<void> {
  const database = sql.identifier([name])
  return change(url, sql.type(z.unknown())`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
}

async function change(url: string, statement: QuerySqlToken): Promise<void> {
  const pool = await createPool(url)
  try {
    await pool.query(statement)
  } finally {
    await pool.end()
  }
}
