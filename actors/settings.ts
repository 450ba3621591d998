/** Every setting of the server in one table: name, default, meaning, and how its text is read. */
import { resolve } from 'node:path'
import type { TrustedProxies } from './http/trusted-proxies.ts'
import {
  adminToken,
  azureConnection,
  brokers,
  count,
  countAboveZero,
  databaseUrl,
  driver,
  duration,
  flag,
  httpUrl,
  httpUrls,
  installation,
  level,
  port,
  portOrOff,
  ports,
  ROLES,
  redisUrl,
  roles,
  type SaslMechanism,
  saslMechanism,
  size,
  smtpUrl,
  text,
  trustedProxies,
} from './setting-values.ts'

export interface Config {
  readonly dataFolder: string
  readonly databaseUrl: string
  readonly postgresHost: string
  readonly postgresPort: number
  readonly postgresUser: string
  readonly postgresPassword: string
  readonly postgresDatabase: string
  readonly databaseConnections: number
  readonly startWaitMs: number
  readonly kafkaBrokers: readonly string[]
  readonly kafkaPartitions: number
  readonly kafkaReplicationFactor: number
  readonly kafkaMinInsyncReplicas: number
  readonly kafkaUser: string
  readonly kafkaPassword: string
  readonly kafkaSaslMechanism: SaslMechanism
  readonly kafkaTls: boolean
  readonly kafkaTlsCa: string
  readonly schemaRegistryUrl: string
  readonly elasticsearchUrl: string
  readonly elasticsearchApiKey: string
  readonly redisUrl: string
  readonly smtpUrl: string
  readonly azureMail: string
  readonly mailFrom: string
  readonly adminToken: string
  readonly printSignIn: boolean
  readonly webhookPrivate: boolean
  readonly installation: string
  readonly roles: ReadonlySet<Role>
  readonly host: string
  readonly httpPorts: readonly number[]
  readonly grpcPort: number
  /** null = none of its own. */
  readonly otlpHttpPort: number | null
  readonly httpDriver: 'uws' | 'node' | 'auto'
  readonly publicUrl: string
  readonly trustedProxies: TrustedProxies
  readonly tlsCert: string
  readonly tlsKey: string
  readonly diskReserveBytes: number
  readonly journalKeepMs: number
  readonly journalKeepBytes: number
  readonly arenaBytes: number
  readonly flushBytes: number
  readonly flushIntervalMs: number
  readonly searchMemoryBytes: number
  readonly queryMemoryBytes: number
  readonly queriesPerProject: number
  readonly queryTimeoutMs: number
  readonly requestsPerSecond: number
  readonly workers: number
  readonly retentionDays: number
  readonly retentionIntervalMs: number
  readonly logLevel: string
}

/** What a process does; all of it unless it is told otherwise. */
export type Role = (typeof ROLES)[number]

export interface Setting<Value> {
  readonly env: string
  readonly default: string
  readonly doc: string
  readonly parse: (text: string) => Value
  /** Its value is never told, and may stand in a file named by `<env>_FILE`. */
  readonly secret: boolean
}

/** The order of this table is the order of docs/configuration.md. */
export const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  dataFolder: setting('LOGBOY_DATA', './data', 'Folder of journal, segments and catalog', path =>
    resolve(path),
  ),
  databaseUrl: secret(
    'DATABASE_URL',
    'PostgreSQL for the catalog: postgres://user:password@host:5432/name; empty = embedded',
    databaseUrl,
  ),
  postgresHost: setting(
    'POSTGRES_HOST',
    '',
    'Where DATABASE_URL is empty: host of the PostgreSQL',
    text,
  ),
  postgresPort: setting('POSTGRES_PORT', '5432', 'Its port', port),
  postgresUser: setting('POSTGRES_USER', 'logboy', 'Its user', text),
  postgresPassword: secret('POSTGRES_PASSWORD', "Its user's password", text),
  postgresDatabase: setting('POSTGRES_DB', 'logboy', 'Its database', text),
  databaseConnections: setting(
    'DATABASE_CONNECTIONS',
    '10',
    'Connections to the PostgreSQL at most, for each process',
    countAboveZero,
  ),
  startWaitMs: setting(
    'LOGBOY_START_WAIT',
    '30s',
    'How long a start waits for servers that it needs',
    duration,
  ),
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    '',
    'Kafka for the commit log: host:port, several with commas; empty = the embedded journal',
    brokers,
  ),
  kafkaPartitions: setting(
    'KAFKA_PARTITIONS',
    '12',
    'Partitions of topics that are made; processors share them',
    countAboveZero,
  ),
  kafkaReplicationFactor: setting(
    'KAFKA_REPLICATION_FACTOR',
    '1',
    'Copies of topics that are made; 3 where there are three brokers',
    countAboveZero,
  ),
  kafkaMinInsyncReplicas: setting(
    'KAFKA_MIN_INSYNC_REPLICAS',
    '1',
    'Copies that have a batch before it is acknowledged; 2 of 3',
    countAboveZero,
  ),
  kafkaUser: setting('KAFKA_USER', '', 'User for SASL; empty = none', text),
  kafkaPassword: secret('KAFKA_PASSWORD', "Its user's password", text),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    'scram-sha-512',
    'How the user signs in: scram-sha-512, scram-sha-256, or plain over TLS',
    saslMechanism,
  ),
  kafkaTls: setting('KAFKA_TLS', 'false', 'TLS to the brokers', flag),
  kafkaTlsCa: setting(
    'KAFKA_TLS_CA',
    '',
    "File with the brokers' authority (PEM); empty = those that Node knows",
    text,
  ),
  schemaRegistryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    '',
    'Confluent-compatible registry; needed with Kafka',
    httpUrl,
  ),
  elasticsearchUrl: secret(
    'ELASTICSEARCH_URL',
    'Elasticsearch for the store, several nodes with commas; empty = Parquet files',
    httpUrls,
  ),
  elasticsearchApiKey: secret('ELASTICSEARCH_API_KEY', 'API key of the Elasticsearch', text),
  redisUrl: secret(
    'REDIS_URL',
    'Redis for hints between processes: redis://user:password@host:6379/0; empty = none',
    redisUrl,
  ),
  smtpUrl: secret(
    'SMTP_URL',
    'Mail server: smtp://user:password@host:587, smtps:// for TLS; empty = links are printed',
    smtpUrl,
  ),
  azureMail: secret(
    'AZURE_COMMUNICATION_CONNECTION_STRING',
    'Mail by Azure Communication Services: endpoint=https://NAME.communication.azure.com;accesskey=KEY',
    azureConnection,
  ),
  mailFrom: setting(
    'LOGBOY_MAIL_FROM',
    'Logboy <logboy@localhost>',
    'Sender of mails; most servers take only addresses of their own',
    text,
  ),
  webhookPrivate: setting(
    'LOGBOY_WEBHOOK_PRIVATE',
    'false',
    'Channels of alerts may lead to addresses of your own network: true or false',
    flag,
  ),
  adminToken: secret(
    'LOGBOY_ADMIN_TOKEN',
    'Token that administrates, the same for all processes; empty = one is made in the data folder',
    adminToken,
  ),
  printSignIn: setting(
    'LOGBOY_PRINT_SIGN_IN',
    'false',
    'Print a link at the start that signs a browser in, once, for people who see the output',
    flag,
  ),
  installation: setting(
    'LOGBOY_INSTALLATION',
    'logboy',
    'Begins the names of topics, groups, indices and Redis keys: several may share the servers',
    installation,
  ),
  roles: setting(
    'LOGBOY_ROLES',
    ROLES.join(','),
    'What this process does; several processes share them with Kafka, Elasticsearch and PostgreSQL',
    roles,
  ),
  host: setting('LOGBOY_HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for all', text),
  httpPorts: setting(
    'LOGBOY_HTTP_PORT',
    '4000',
    'Port, or ports with commas, of page, REST and HTTP ingest',
    ports,
  ),
  grpcPort: setting(
    'LOGBOY_GRPC_PORT',
    '4317',
    "Port of the SDK's stream and of OpenTelemetry over gRPC",
    port,
  ),
  otlpHttpPort: setting(
    'LOGBOY_OTLP_HTTP_PORT',
    '4318',
    'Port of OpenTelemetry over HTTP, which the port of the page takes as well; off = none',
    portOrOff,
  ),
  httpDriver: setting(
    'LOGBOY_HTTP_DRIVER',
    'auto',
    'uws, node, or auto (uws where it has a binary)',
    driver,
  ),
  publicUrl: setting(
    'LOGBOY_PUBLIC_URL',
    '',
    'URL that people use, when a proxy stands in front',
    text,
  ),
  trustedProxies: setting(
    'LOGBOY_TRUSTED_PROXIES',
    '',
    'Proxies whose X-Forwarded-For counts: addresses or networks with commas, or private',
    trustedProxies,
  ),
  tlsCert: setting(
    'LOGBOY_TLS_CERT',
    '',
    'PEM file with the certificate chain, for all doors',
    text,
  ),
  tlsKey: setting('LOGBOY_TLS_KEY', '', 'PEM file with the private key', text),
  diskReserveBytes: setting(
    'LOGBOY_DISK_RESERVE',
    '64MiB',
    'New data is refused while less than this is free',
    size,
  ),
  journalKeepMs: setting(
    'LOGBOY_JOURNAL_KEEP',
    '15m',
    'How long the journal is kept for tails and replays',
    duration,
  ),
  journalKeepBytes: setting(
    'LOGBOY_JOURNAL_KEEP_BYTES',
    '2GiB',
    'How much journal is kept at most for that',
    size,
  ),
  arenaBytes: setting(
    'LOGBOY_MEMORY',
    '256MiB',
    'Memory for batches on their way to a segment',
    size,
  ),
  flushBytes: setting('LOGBOY_FLUSH_BYTES', '64MiB', 'Batches that make one level-0 segment', size),
  flushIntervalMs: setting(
    'LOGBOY_FLUSH_INTERVAL',
    '60s',
    'Longest wait for that when it is quiet',
    duration,
  ),
  searchMemoryBytes: setting(
    'LOGBOY_SEARCH_MEMORY',
    '512MiB',
    'Memory limit of wide searches (DuckDB)',
    size,
  ),
  queryMemoryBytes: setting(
    'LOGBOY_QUERY_MEMORY',
    '128MiB',
    'Memory of one query for groups, numbers and rows; all of a project at once have twice that',
    size,
  ),
  queriesPerProject: setting(
    'LOGBOY_QUERIES_PER_PROJECT',
    '8',
    'Queries of one project that run at once; eight times as many wait',
    countAboveZero,
  ),
  queryTimeoutMs: setting(
    'LOGBOY_QUERY_TIMEOUT',
    '30s',
    'A query that takes longer, waiting included, is stopped',
    duration,
  ),
  requestsPerSecond: setting(
    'LOGBOY_REQUESTS_PER_SECOND',
    '1000',
    'REST requests of one key or session, ten times as many at once; 0 = no limit',
    count,
  ),
  workers: setting('LOGBOY_WORKERS', '2', 'Worker threads that decode, match and write', count),
  retentionDays: setting('LOGBOY_RETENTION_DAYS', '30', 'Retention of new projects in days', count),
  retentionIntervalMs: setting(
    'LOGBOY_RETENTION_INTERVAL',
    '1h',
    'How often expired rows are deleted',
    duration,
  ),
  logLevel: setting('LOGBOY_LOG_LEVEL', 'info', "Level of the server's own log on stderr", level),
}

function setting<Value>(
  env: string,
  standard: string,
  doc: string,
  parse: (text: string) => Value,
): Setting<Value> {
  return { env, default: standard, doc, parse, secret: false }
}

function secret<Value>(env: string, doc: string, parse: (text: string) => Value): Setting<Value> {
  return { ...setting(env, '', doc, parse), secret: true }
}
