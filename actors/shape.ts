/**
 * Which parts a configuration asks for, and whether they can work together. The first table of
 * docs/growing.md says the same in words.
 */
import { ConfigError } from './config.ts'
import { ROLES } from './setting-values.ts'
import type { Config, Role } from './settings.ts'

export interface Shape {
  readonly commitLog: 'journal' | 'kafka'
  readonly store: 'parquet' | 'elasticsearch'
  readonly catalog: 'pglite' | 'postgres'
  readonly coordination: 'in-process' | 'redis'
  readonly roles: ReadonlySet<Role>
  /** Other processes of the installation may do what this one does not, or the same. */
  readonly isShared: boolean
}

type ShapeSettings = Pick<
  Config,
  | 'kafkaBrokers'
  | 'schemaRegistryUrl'
  | 'elasticsearchUrl'
  | 'databaseUrl'
  | 'redisUrl'
  | 'roles'
  | 'kafkaReplicationFactor'
  | 'kafkaMinInsyncReplicas'
  | 'kafkaUser'
  | 'kafkaPassword'
  | 'kafkaSaslMechanism'
  | 'kafkaTls'
  | 'kafkaTlsCa'
  | 'smtpUrl'
  | 'azureMail'
>

/** Throws ConfigError with the reason where the parts cannot work together. */
export function shapeOf(config: ShapeSettings): Shape {
  const shape: Omit<Shape, 'isShared'> = {
    commitLog: config.kafkaBrokers.length > 0 ? 'kafka' : 'journal',
    store: config.elasticsearchUrl === '' ? 'parquet' : 'elasticsearch',
    catalog: config.databaseUrl === '' ? 'pglite' : 'postgres',
    coordination: config.redisUrl === '' ? 'in-process' : 'redis',
    roles: config.roles,
  }
  if (shape.commitLog === 'kafka' && config.schemaRegistryUrl === '') {
    throw new ConfigError(
      'KAFKA_BROKERS needs SCHEMA_REGISTRY_URL: topics are written with a schema',
    )
  }
  if (config.smtpUrl !== '' && config.azureMail !== '') {
    throw new ConfigError(
      'SMTP_URL and AZURE_COMMUNICATION_CONNECTION_STRING are both set: mail takes one way',
    )
  }
  if (config.kafkaMinInsyncReplicas > config.kafkaReplicationFactor) {
    throw new ConfigError(
      'KAFKA_MIN_INSYNC_REPLICAS must not be greater than KAFKA_REPLICATION_FACTOR: nothing could be acknowledged',
    )
  }
  checkKafkaDoor(config)
  const missing = ROLES.filter(role => !config.roles.has(role))
  const alone = reasonToBeAlone(shape)
  if (missing.length > 0 && alone !== null) {
    throw new ConfigError(
      `LOGBOY_ROLES leaves out ${missing.join(', ')}, but no other process can do that: ${alone}`,
    )
  }
  return { ...shape, isShared: alone === null }
}

/** What would fail at the first connection, or give the password away. */
function checkKafkaDoor(config: ShapeSettings): void {
  const { kafkaUser, kafkaPassword, kafkaSaslMechanism, kafkaTls, kafkaTlsCa } = config
  if ((kafkaUser === '') !== (kafkaPassword === '')) {
    throw new ConfigError('KAFKA_USER and KAFKA_PASSWORD need each other')
  }
  if (kafkaUser !== '' && kafkaSaslMechanism === 'plain' && !kafkaTls) {
    throw new ConfigError(
      'KAFKA_SASL_MECHANISM=plain sends the password as it is: set KAFKA_TLS=true',
    )
  }
  if (kafkaTlsCa !== '' && !kafkaTls) {
    throw new ConfigError(
      'KAFKA_TLS_CA needs KAFKA_TLS=true: without TLS nobody shows a certificate',
    )
  }
}

/** Why one process has to do everything; null = it need not. */
function reasonToBeAlone({ commitLog, store, catalog }: Omit<Shape, 'isShared'>): string | null {
  if (commitLog === 'journal') {
    return 'the journal lies on the disk of one process; set KAFKA_BROKERS and SCHEMA_REGISTRY_URL'
  }
  if (store === 'parquet') {
    return 'Parquet segments lie on the disk of one process; set ELASTICSEARCH_URL'
  }
  if (catalog === 'pglite') {
    return 'the embedded catalog belongs to one process; set DATABASE_URL'
  }
  return null
}
