import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SETTINGS } from '#actors/settings.ts'
import { SERVER_FLAGS } from '../scripts/bootstrap.mjs'
import { type ComposeService, readComposeFile, servicesOf, sizeBytes } from './dry/compose-file.ts'
import { isOurs } from './dry/project.ts'

const FULL_BYTES_MAX = 8 * 2 ** 30

const compose = readComposeFile('docker-compose.yml')
const services: readonly (readonly [string, ComposeService])[] = Object.entries(compose.services)

test('plain `docker compose up` starts one container', () => {
  assert.match(readFileSync('.env', 'utf8'), /^COMPOSE_PROFILES=single$/m)
  assert.deepEqual([...servicesOf(compose, ['single']).keys()], ['logboy'])
  for (const [name, { profiles }] of services) {
    assert.equal(profiles?.length, 1, `${name} has one profile`)
  }
})

test('every container has a limit of memory; all of the scaled shape fit 8 GB', () => {
  const limits = services.map(([name, service]) => {
    assert.ok(service.mem_limit !== undefined, `${name} has a limit`)
    // One-shot services are gone when the others run.
    const stays = service.profiles?.includes('full') && service.restart !== 'no'
    return stays ? sizeBytes(service.mem_limit) : 0
  })
  const sum = limits.reduce((a, b) => a + b, 0)
  assert.ok(sum <= FULL_BYTES_MAX, `${sum} of ${FULL_BYTES_MAX} bytes`)
})

test('whatever stays up is asked whether it is well', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8')
  assert.match(dockerfile, /^HEALTHCHECK/m)
  for (const [name, service] of services) {
    if (service.restart === 'no' || isOurs(service)) continue
    assert.ok(service.healthcheck !== undefined, `${name} has a health check`)
  }
})

test('no secret stands in a file that is committed', () => {
  for (const [name, { environment = {} }] of services) {
    for (const [setting, value] of Object.entries(environment)) {
      if (!/PASSWORD|TOKEN|SECRET|_KEY$/.test(setting)) continue
      assert.match(setting, /_FILE$/, `${name}: ${setting} names a file`)
      assert.match(value, /^\/secrets\//)
    }
  }
})

test('our containers get settings that there are, write nowhere else, and are not root', () => {
  const known = new Set(
    Object.values(SETTINGS).flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])),
  )
  for (const [name, service] of services.filter(([, each]) => isOurs(each))) {
    assert.equal(service.read_only, true, `${name} has a read-only root`)
    for (const setting of Object.keys(service.environment ?? {})) {
      assert.ok(known.has(setting), `${name}: there is no setting ${setting}`)
    }
  }
  assert.match(readFileSync('Dockerfile', 'utf8'), /^USER 1000:1000$/m)
})

test('the image starts the server with the flags that every other start gives it', () => {
  const [, words = '[]'] =
    /^ENTRYPOINT (\[[^\]]+\])/m.exec(readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', '')) ??
    []
  assert.deepEqual(JSON.parse(words), ['node', ...SERVER_FLAGS, 'actors/cli/logboy.ts'])
})

test('ports are published on this machine alone, inner services not at all', () => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, `${name}: ${port}`)
  }
  for (const name of ['kafka', 'elasticsearch', 'postgres', 'redis', 'gateway-1', 'api']) {
    assert.equal(compose.services[name]?.ports, undefined, `${name} is hidden`)
  }
})

test('what is named exists: volumes, files, services waited for', () => {
  for (const [name, { volumes = [], depends_on: others = {} }] of services) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) assert.ok(existsSync(source), `${name}: ${source}`)
      else assert.ok(source in compose.volumes, `${name}: volume ${source}`)
    }
    for (const other of Object.keys(others)) assert.ok(other in compose.services, other)
  }
})

test('the overlay with three brokers asks for two copies of every batch', () => {
  const overlay = readComposeFile('deploy/docker-compose.brokers.yml')
  const gateway = overlay.services['gateway-1']?.environment
  assert.equal(gateway?.['KAFKA_REPLICATION_FACTOR'], '3')
  assert.equal(gateway?.['KAFKA_MIN_INSYNC_REPLICAS'], '2')
  assert.equal(gateway?.['KAFKA_BROKERS']?.split(',').length, 3)
})
