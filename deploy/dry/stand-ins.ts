/**
 * What stands in for the images of others: programs of this machine, given what the compose file
 * gives to the image, or servers that run already and whose addresses the environment names.
 */
import type { ComposeService } from './compose-file.ts'
import type { Mount } from './container.ts'

export interface Program {
  readonly name: string
  /** null = root, as in the image. */
  readonly userId: number | null
  readonly workingFolder?: string
  /** Of this machine's build of the program, beside those of the service. */
  readonly mounts?: readonly Mount[]
  readonly argv: (service: ComposeService, address: string) => readonly string[]
  /** Changes a file that is mounted, so that it listens at its own address alone. */
  readonly rewrite?: (text: string, address: string) => string
}

export interface RunningServer {
  /** In the environment: its address. */
  readonly variable: string
  /** The port that the compose file knows. */
  readonly port: number
}

const NOBODY = 65_534

export const PROGRAMS: Readonly<Record<string, Program>> = {
  nginx: {
    name: 'nginx',
    userId: null,
    // Where Debian's build keeps what the image keeps in /var/cache/nginx.
    mounts: [
      { kind: 'tmpfs', path: '/var/lib/nginx' },
      { kind: 'tmpfs', path: '/var/log/nginx' },
    ],
    argv: () => ['nginx', '-g', 'daemon off;'],
    rewrite: (text, address) => text.replaceAll(/^(\s*listen )(\d)/gm, `$1${address}:$2`),
  },
  redis: {
    name: 'redis-server',
    userId: null,
    workingFolder: '/data',
    argv: ({ command = [] }, address) => [...command, '--bind', address],
  },
  postgres: {
    name: 'psql',
    userId: NOBODY,
    mounts: [{ kind: 'tmpfs', path: '/run/postgresql' }],
    argv: (_, address) => ['sh', '-ec', POSTGRES, address],
  },
  'prom/prometheus': {
    name: 'prometheus',
    userId: NOBODY,
    argv: (_, address) => [
      'prometheus',
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      `--web.listen-address=${address}:9090`,
    ],
  },
  'prom/alertmanager': {
    name: 'prometheus-alertmanager',
    userId: NOBODY,
    argv: (_, address) => [
      'prometheus-alertmanager',
      '--config.file=/etc/alertmanager/alertmanager.yml',
      '--storage.path=/alertmanager',
      `--web.listen-address=${address}:9093`,
      '--cluster.listen-address=',
    ],
  },
}

/** What the image does at its first start: a superuser with the password, a database. */
const POSTGRES = `
PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -1):$PATH
data=/var/lib/postgresql/data
if [ ! -f $data/PG_VERSION ]; then
  initdb --no-sync -D $data -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \\
    --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 >/dev/null
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D $data postgres >/dev/null
fi
exec postgres -D $data -c listen_addresses=$0`

export const SERVERS: Readonly<Record<string, RunningServer>> = {
  'apache/kafka': { variable: 'KAFKA_BROKERS', port: 9092 },
  'apicurio/apicurio-registry': { variable: 'SCHEMA_REGISTRY_URL', port: 8081 },
  'docker.elastic.co/elasticsearch/elasticsearch': { variable: 'ELASTICSEARCH_URL', port: 9200 },
}

/** The image's name without its tag. */
export function imageName({ image = '' }: ComposeService): string {
  return image.replace(/:[^/:]*$/, '')
}

/** Host and port out of `host:port`, a list of those, or a URL. */
export function hostPortOf(address: string): { readonly host: string; readonly port: number } {
  const [first = ''] = address.split(',')
  const url = new URL(first.includes('://') ? first : `tcp://${first}`)
  return { host: url.hostname, port: Number(url.port) }
}

/** In a network namespace of its own a container would say 127.0.0.1. */
export function atAddress(text: string, address: string): string {
  return text
    .replaceAll(/\b(127\.0\.0\.1|localhost)(?=:\d)/g, address)
    .replaceAll(/\bredis-cli(?= )/g, `redis-cli -h ${address}`)
}
