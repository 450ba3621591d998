/**
 * The disk under Kafka, Elasticsearch or PostgreSQL fills up under load, each a server of this
 * run's own on a small disk: what is acknowledged stays, and all goes on once there is room.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openPostgresServer } from '#actors/catalog/testing/postgres-server.ts'
import { NO_OWN_KAFKA, OwnKafka } from '#actors/commit-log/testing/own-kafka.ts'
import { NO_OWN_ELASTIC, OwnElastic } from '#actors/store/elasticsearch/testing/own-elastic.ts'
import { type FaultResult, tell } from '../fault-run.ts'
import { pause, until } from '../pause.ts'
import { SmallDisk } from '../small-disk.ts'
import { type Facts, type ScaledLoad, underLoad } from './load.ts'
import type { ScaledOptions } from './run.ts'

const MIB = 2 ** 20
const FLOW_MS = 3_000
const LOOK_MS = 1_000
const STOPPED_MS_MAX = 60_000
const STREAMS = ['stream', 'other-stream', 'batches']
/** Elasticsearch looks at its disk this often at most. */
const FLOOD = {
  'cluster.info.update.interval': '10s',
  'cluster.routing.allocation.disk.watermark.low': '192mb',
  'cluster.routing.allocation.disk.watermark.high': '128mb',
  'cluster.routing.allocation.disk.watermark.flood_stage': '96mb',
}
const FLOODED_BYTES = 48 * MIB
const FLOODED_MS_MAX = 60_000

/** A broker that cannot write ends; with room it is started again. */
export async function fullKafka({ services, seconds }: ScaledOptions): Promise<FaultResult> {
  if (NO_OWN_KAFKA !== false) return skipped(NO_OWN_KAFKA)
  return await onDisk(256, async disk => {
    const kafka = await OwnKafka.open({ folder: folderOn(disk) })
    try {
      const environment = { ...services.environment(), KAFKA_BROKERS: kafka.brokers.join() }
      return await underLoad(environment, async load => {
        await pause(FLOW_MS)
        disk.fill(0)
        const begunMs = performance.now()
        if (!(await stopped(load))) load.problems.push('a full disk under Kafka stopped nothing')
        const stoppedMs = performance.now() - begunMs
        await pause(seconds * 1_000)
        const hadEnded = !kafka.isRunning
        disk.empty()
        await kafka.kill()
        await kafka.start()
        const resumedMs = await load.flows('once Kafka has room')
        await load.found('once Kafka has room')
        return {
          'refused after ms': Math.round(stoppedMs),
          'the broker ended': String(hadEnded),
          'resumed ms': Math.round(resumedMs),
        }
      })
    } finally {
      await kafka.close()
    }
  })
}

/** Indices take nothing at the flood stage; Kafka holds what comes meanwhile. */
export async function fullElastic({ services, seconds }: ScaledOptions): Promise<FaultResult> {
  if (NO_OWN_ELASTIC !== null) return skipped(NO_OWN_ELASTIC)
  return await onDisk(1_024, async disk => {
    const elastic = await OwnElastic.open(disk.folder, FLOOD)
    try {
      const environment = { ...services.environment(), ELASTICSEARCH_URL: elastic.url }
      return await underLoad(environment, async load => {
        await load.found('before')
        disk.fill(FLOODED_BYTES)
        const flooded = await until(
          () => pause(LOOK_MS).then(() => isFlooded(elastic.url)),
          FLOODED_MS_MAX,
        )
        if (!flooded) load.problems.push('Elasticsearch did not come to its flood stage')
        tell('Elasticsearch is at its flood stage')
        const endMs = performance.now() + seconds * 1_000
        while (performance.now() < endMs) {
          await pause(FLOW_MS)
          await load.flows('at the flood stage')
        }
        disk.empty()
        return { 'found once it had room ms': Math.round(await load.found('once it has room')) }
      })
    } finally {
      await elastic.close()
    }
  })
}

/** Streams with known keys go on; what has to be written into the catalog waits or is refused. */
export async function fullPostgres({ services, seconds }: ScaledOptions): Promise<FaultResult> {
  return await onDisk(192, async disk => {
    const postgres = await openPostgresServer(folderOn(disk))
    if (postgres === null) return skipped('PostgreSQL is not installed')
    try {
      const environment = { ...services.environment(), DATABASE_URL: postgres.url }
      return await underLoad(environment, async load => {
        await pause(FLOW_MS)
        disk.fill(0)
        const endMs = performance.now() + seconds * 1_000
        while (performance.now() < endMs) {
          await pause(FLOW_MS)
          await load.flows('with a full disk under PostgreSQL', STREAMS)
        }
        const hadEnded = !postgres.isRunning()
        disk.empty()
        if (hadEnded) await postgres.start()
        const resumedMs = await load.flows('once PostgreSQL has room')
        await load.found('once PostgreSQL has room')
        return { 'the server ended': String(hadEnded), 'resumed ms': Math.round(resumedMs) }
      })
    } finally {
      await postgres.close()
    }
  })
}

async function onDisk(
  mebibytes: number,
  body: (disk: SmallDisk) => Promise<FaultResult>,
): Promise<FaultResult> {
  const disk = SmallDisk.mount(mebibytes)
  if (disk === null) return skipped('a tmpfs cannot be mounted here (needs root)')
  try {
    return await body(disk)
  } finally {
    disk.remove()
  }
}

/** Of the server, which removes it: the disk itself cannot be. */
function folderOn(disk: SmallDisk): string {
  const folder = join(disk.folder, 'server')
  mkdirSync(folder)
  chmodSync(disk.folder, 0o755)
  return folder
}

/** Nothing more is acknowledged. */
function stopped({ ledger }: ScaledLoad): Promise<boolean> {
  return until(async () => {
    const before = ledger.acknowledged
    await pause(LOOK_MS)
    return ledger.acknowledged === before
  }, STOPPED_MS_MAX)
}

async function isFlooded(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/_all/_settings/index.blocks.*?expand_wildcards=all`)
  return (await answer.text()).includes('read_only_allow_delete')
}

function skipped(why: string): FaultResult {
  return { problems: [], facts: {} satisfies Facts, skipped: why }
}
