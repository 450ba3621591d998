/** What lets senders and people in, by the roles of the process. The last part of topology.ts. */
import { fileURLToPath } from 'node:url'
import { TROUBLE_TEXTS } from '#proto/trouble.ts'
import { systemDisk } from '#runtime/index.ts'
import { type ApiDeps, apiRoutes, apiSockets } from './api/api-routes.ts'
import { AuditLog } from './api/audit-log.ts'
import { mayStill } from './api/caller.ts'
import { signUpInvitations } from './api/invitation-routes.ts'
import { OpenSockets } from './api/open-sockets.ts'
import { QueryGate } from './api/query-gate.ts'
import { RequestRate } from './api/request-rate.ts'
import { signInLink } from './api/session-routes.ts'
import { systemRoutes } from './api/system-routes.ts'
import { TAIL_PERMISSION } from './api/tail-socket.ts'
import type { Closing } from './closing.ts'
import { LetterBox } from './commit-log/dead-letters/letter-box.ts'
import type { Coordination } from './coordination/coordination.ts'
import { newHint } from './coordination/shared-look.ts'
import { startGrpc } from './gateway/grpc-server.ts'
import { ingestRoutes } from './gateway/ingest-http.ts'
import type { IngestDeps } from './gateway/ingest-stream.ts'
import { LetterReplay } from './gateway/letter-replay.ts'
import { OpenStreams } from './gateway/open-streams.ts'
import { OtlpDoor } from './gateway/otlp/otlp-door.ts'
import { otlpRoutes } from './gateway/otlp/otlp-http.ts'
import { RequestIntake } from './gateway/request-intake.ts'
import { SeenSignatures } from './gateway/seen-signatures.ts'
import type { Route, SocketRoute } from './http/http-server.ts'
import { startHttp } from './http/start-http.ts'
import { staticRoutes } from './http/static-files.ts'
import { KeyCache } from './identity/key-cache.ts'
import { openIdentity } from './identity/open-identity.ts'
import { Sessions } from './identity/sessions.ts'
import { LiveSystemConfig } from './identity/system-config.ts'
import type { Mailer } from './mail/mailer.ts'
import { PrintedMailer } from './mail/printed-mailer.ts'
import { type DiskState, metricFamilies } from './metrics.ts'
import type { Pipeline } from './pipeline.ts'
import { eraseProject } from './retention/erase-project.ts'
import type { Config } from './settings.ts'
import { startNotifier } from './start-notifier.ts'
import { patternView } from './store/pattern-view.ts'
import { AlertTail } from './tail/alert-tail.ts'

const UI_FOLDER = fileURLToPath(new URL('../ui/dist', import.meta.url))

export interface DoorsOptions {
  readonly version: string
  readonly adminToken: string
}

/** Where programs on this machine reach the process. */
export interface Doors {
  readonly url: string
  /** null = this process has no door for streams. */
  readonly grpcUrl: string | null
  /** null = OpenTelemetry's HTTP has no port of its own. */
  readonly otlpUrl: string | null
  /** A link that signs a browser in, once, soon; null = no page is served here. */
  signInLink(): string | null
}

export async function openDoors(
  { version, adminToken }: DoorsOptions,
  pipeline: Pipeline,
  closing: Closing,
): Promise<Doors> {
  const { config, shape, catalog, store, commitLog, arena, promptPool } = pipeline
  const { clock, random, onFault, system, meter, projects, coordination } = pipeline
  const sockets = new OpenSockets(clock)
  closing.add(() => sockets.close())
  const publicUrl = (): string =>
    config.publicUrl === '' ? urls.url : config.publicUrl.replace(/\/+$/, '')
  const mailer = await openMailer(pipeline)
  closing.add(() => mailer.close())
  const people = { catalog, adminToken, mailer, publicUrl, clock, random, onFault }
  const identity = await openIdentity(people)
  const { persons, signingSecrets } = identity
  const notifying = startNotifier(pipeline, { ...identity, store, publicUrl }, closing)
  closing.add(() => persons.close())
  const systemConfig = new LiveSystemConfig(catalog.systemSettings, config.retentionDays)
  await systemConfig.refresh()
  const audit = new AuditLog({
    entries: catalog.auditEntries,
    clock,
    settings: () => systemConfig.current,
    onFault,
  })
  closing.add(() => audit.close())
  const keys: KeyCache = new KeyCache({
    catalog,
    clock,
    unseal: sealed => signingSecrets.unseal(sealed),
    watcher: {
      revoked(keyId) {
        streams.revoked(keyId)
        sockets.revoked(keyId)
      },
      changed: key => streams.changed(key),
      async catalogChanged() {
        persons.catalogChanged()
        void sockets.judge((caller, id) => mayStill(caller, id, TAIL_PERMISSION, api))
        try {
          await systemConfig.refresh()
          const projectIds = await pipeline.catalogChanged()
          projectIds.forEach(projectId => streams.repartitioned(projectId))
        } catch (error) {
          onFault(error as Error, 'settings and partitions')
          throw error
        }
        // Where batches go decides who evaluates their project.
        void pipeline.alerting?.settled()
      },
    },
  })
  closing.add(() => keys.close())
  closing.add(coordination.subscribe('config', () => void keys.refresh()))
  const letters = new LetterBox({ letters: pipeline.deadLetters, clock, onFault })
  closing.add(() => letters.close())
  const ingest: IngestDeps = {
    verifier: keys,
    signatures: new SeenSignatures({ clock, spend: sharedSpend(pipeline) }),
    projects: projectId => projects.ref(projectId),
    arena,
    pool: promptPool,
    clock,
    meter,
    letters,
    onFault,
  }
  const streams: OpenStreams = new OpenStreams(ingest)
  const requests = { ...ingest, log: commitLog, random }
  const intake = new RequestIntake(requests)
  const otlp = new OtlpDoor(requests, intake)
  const tls = config.tlsCert === '' ? null : { certFile: config.tlsCert, keyFile: config.tlsKey }
  const { host } = config
  const grpcPort = shape.roles.has('gateway') ? await openGrpc() : null
  const sessions = new Sessions({ catalog, clock, random, adminToken })
  const alertTail = new AlertTail({ states: catalog.alertStates, clock, onFault })
  closing.add(() => alertTail.close())
  closing.add(coordination.subscribe('alerts', () => alertTail.look()))
  const api: Omit<ApiDeps, 'tail'> = {
    catalog,
    ...identity,
    rules: () => systemConfig.rules,
    systemConfig,
    audit,
    projectInvitations: catalog.invitations,
    invitations: signUpInvitations({
      projectInvitations: catalog.invitations,
      clock,
      keys: { verify: text => keys.verify(text), refresh: () => tellAll() },
    }),
    savedViews: catalog.savedViews,
    auditEntries: catalog.auditEntries,
    eraseProject: id => eraseProject(id, pipeline),
    onFault,
    alertRules: catalog.alertRules,
    alertStates: catalog.alertStates,
    copies: coordination,
    alertChannels: catalog.alertChannels,
    silences: catalog.silences,
    alertTail,
    alertsChanged: () => coordination.publish('alerts', Buffer.from(newHint(random))),
    ...notifying,
    allowPrivate: config.webhookPrivate,
    store: patternView(store),
    pool: pipeline.pool,
    keys: { verify: text => keys.verify(text), refresh: () => tellAll() },
    sessions,
    sockets,
    deadLetters: pipeline.deadLetters,
    letterBox: letters,
    use: pipeline.use,
    replay: new LetterReplay(requests),
    clock,
    random,
    version,
    retentionDays: () => systemConfig.current.retention_days_default,
    publicUrl,
    notReady: () => (shape.roles.has('gateway') ? commitLog.refusal() : null),
    troubles: pipeline.troubles,
    observe: () => ({
      ...observe(pipeline),
      streams: streams.observe(),
      keys: keys.observe(),
      deadLetters: { ...pipeline.deadLetters.observe(), ...letters.observe() },
    }),
    flush: () => store.flush(),
    backup: () => catalog.backup(),
    metrics: async () =>
      metricFamilies({
        ...pipeline,
        actors: system.observe(),
        troubles: pipeline.troubles(),
        disk: diskOf(pipeline),
      }),
    rate: new RequestRate(clock, config.requestsPerSecond),
    queries: new QueryGate(clock, {
      perProject: config.queriesPerProject,
      timeoutMs: config.queryTimeoutMs,
    }),
  }
  const listening = {
    driver: config.httpDriver,
    host,
    proxies: config.trustedProxies,
    tls,
    clock,
    onFault,
  }
  const http = await startHttp({
    ...routesOf(pipeline, api, ingestRoutes(requests, intake)),
    ports: config.httpPorts,
    ...listening,
  })
  closing.add(() => http.close())
  const otlpPort = shape.roles.has('gateway') ? await openOtlp() : null
  const urls = urlsOf(config, http.ports[0] ?? 0, { grpcPort, otlpPort })
  return { ...urls, signInLink: () => (pipeline.tail === null ? null : signInLink(api)) }

  async function openGrpc(): Promise<number> {
    const port = config.grpcPort
    const grpc = await startGrpc({ host, port, tls, streams, otlp, clock, onFault })
    closing.add(() => grpc.close())
    return grpc.port
  }

  async function openOtlp(): Promise<number | null> {
    if (config.otlpHttpPort === null) return null
    const ports = [config.otlpHttpPort]
    const server = await startHttp({ routes: otlpRoutes(otlp), sockets: [], ports, ...listening })
    closing.add(() => server.close())
    return server.ports[0] ?? null
  }

  /** Other processes need not wait for their next look at the catalog. */
  async function tellAll(): Promise<void> {
    await keys.refresh()
    coordination.publish('config', new Uint8Array())
  }
}

async function openMailer({ config, log }: Pipeline): Promise<Mailer> {
  const { smtpUrl, azureMail, mailFrom: from } = config
  if (azureMail !== '') {
    const { AzureMailer } = await import('./mail/azure-mailer.ts')
    return new AzureMailer({ connection: azureMail, from })
  }
  if (smtpUrl !== '') {
    const { SmtpMailer } = await import('./mail/smtp-mailer.ts')
    return new SmtpMailer({ url: smtpUrl, from })
  }
  return new PrintedMailer(({ to, subject, text }) => log.warn({ to, subject }, text))
}

/** Health, readiness and metrics at every role; the rest where it is served. */
function routesOf(
  { shape, tail }: Pipeline,
  api: Omit<ApiDeps, 'tail'>,
  ingest: readonly Route[],
): { readonly routes: readonly Route[]; readonly sockets: readonly SocketRoute[] } {
  const isGateway = shape.roles.has('gateway')
  const doors = isGateway ? ingest : []
  if (tail === null) return { routes: [...doors, ...systemRoutes(api)], sockets: [] }
  const routes = [...doors, ...apiRoutes({ ...api, tail }, doors), ...staticRoutes(UI_FOLDER)]
  return { routes, sockets: apiSockets({ ...api, tail }) }
}

/** What several gateways share; null = there is one. */
function sharedSpend({ shape, coordination }: Pipeline): Coordination['spend'] | null {
  if (!shape.isShared) return null
  return (bucket, amounts) => coordination.spend(bucket, amounts)
}

function observe(pipeline: Pipeline): Record<string, unknown> {
  const { shape, system, meter, arena, commitLog, store } = pipeline
  const { promptPool, pool, coordination, troubles } = pipeline
  return {
    degraded: troubles().map(trouble => TROUBLE_TEXTS[trouble]),
    shape: { ...shape, roles: [...shape.roles] },
    actors: system.observe(),
    ingest: meter.observe(),
    memory: arena.observe(),
    [shape.commitLog]: commitLog.observe(),
    store: store.observe(),
    coordination: coordination.observe(),
    alerts: pipeline.alerting?.observe() ?? null,
    promptPool: promptPool.observe(),
    pool: pool.observe(),
  }
}

/** Where neither log nor store lies in the data folder, its disk is nobody's worry. */
function diskOf({ config, shape }: Pipeline): DiskState | null {
  if (shape.commitLog !== 'journal' && shape.store !== 'parquet') return null
  const { dataFolder, diskReserveBytes: reserveBytes } = config
  return { freeBytes: systemDisk.freeBytes(dataFolder), reserveBytes }
}

/** As programs on this machine reach us. */
function urlsOf(
  { host, tlsCert }: Config,
  httpPort: number,
  { grpcPort, otlpPort }: Readonly<Record<'grpcPort' | 'otlpPort', number | null>>,
): Omit<Doors, 'signInLink'> {
  const scheme = tlsCert === '' ? 'http' : 'https'
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const at = (port: number): string => `${scheme}://${reachable}:${port}`
  const orNone = (port: number | null): string | null => (port === null ? null : at(port))
  return { url: at(httpPort), grpcUrl: orNone(grpcPort), otlpUrl: orNone(otlpPort) }
}
