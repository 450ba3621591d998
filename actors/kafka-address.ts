/** Where Kafka is, and how we sign in there, from settings. */
import { readFileSync } from 'node:fs'
import type { KafkaAddress } from './commit-log/kafka/kafkajs.ts'
import { ConfigError } from './config.ts'
import type { Config } from './settings.ts'

type KafkaConfig = Pick<
  Config,
  | 'kafkaBrokers'
  | 'kafkaUser'
  | 'kafkaPassword'
  | 'kafkaSaslMechanism'
  | 'kafkaTls'
  | 'kafkaTlsCa'
  | 'installation'
>

/** Throws ConfigError where the file of the authority cannot be read. */
export function kafkaAddress(config: KafkaConfig): KafkaAddress {
  const { kafkaBrokers: brokers, kafkaUser: username, kafkaPassword: password } = config
  const { kafkaSaslMechanism: mechanism, kafkaTls, kafkaTlsCa } = config
  return {
    brokers,
    clientId: config.installation,
    ssl: kafkaTls && kafkaTlsCa !== '' ? { ca: [authorityIn(kafkaTlsCa)] } : kafkaTls,
    ...(username === '' ? {} : { sasl: { mechanism, username, password } }),
  }
}

function authorityIn(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError(`KAFKA_TLS_CA=${path}: the file cannot be read (${code})`)
  }
}
