/**
 * Elasticsearch has too much to do: it refuses whole bodies, or some documents of a body, or does
 * what it is asked and its answer is lost. Which, is decided by the seed.
 */
import { ElasticProxy, type Spoiled } from '#actors/store/elasticsearch/testing/elastic-proxy.ts'
import type { Random } from '#runtime/random.ts'
import type { FaultResult } from '../fault-run.ts'
import { pause } from '../pause.ts'
import { type Facts, underLoad } from './load.ts'
import type { ScaledOptions } from './run.ts'

const LOOK_MS = 3_000
const NEWLINE = 10
/** Of the bodies. */
const SHARES = { answer: 0.15, 'lose-answer': 0.1, refuse: 0.5 } as const
const KINDS = ['answer', 'lose-answer', 'refuse'] as const
/** A machine that is busy writes few bodies; every kind of harm is to be met. */
const EXTRA_MS_MAX = 300_000
/** Of a body's documents. */
const REFUSED_SHARE_MAX = 0.7

export async function refusals(options: ScaledOptions): Promise<FaultResult> {
  const { services, random, seconds } = options
  const environment = services.environment()
  const proxy = new ElasticProxy(environment['ELASTICSEARCH_URL'] ?? '')
  await proxy.start()
  const counts = { pass: 0, answer: 0, 'lose-answer': 0, refuse: 0 }
  try {
    const spoiledEnvironment = { ...environment, ELASTICSEARCH_URL: proxy.url }
    return await underLoad(spoiledEnvironment, async load => {
      proxy.spoil = ({ path, body }) => {
        proxy.seen.length = 0
        if (!path.includes('/_bulk')) return { type: 'pass' }
        const spoiled = spoil(body, random)
        counts[spoiled.type]++
        return spoiled
      }
      const endMs = performance.now() + seconds * 1_000
      const latestMs = endMs + EXTRA_MS_MAX
      const isMet = (): boolean => KINDS.every(kind => counts[kind] > 0)
      while (performance.now() < endMs || (!isMet() && performance.now() < latestMs)) {
        await pause(LOOK_MS)
        await load.flows('while Elasticsearch refuses')
      }
      proxy.spoil = () => {
        proxy.seen.length = 0
        return { type: 'pass' }
      }
      if (!isMet()) load.problems.push(`too few bodies: ${JSON.stringify(counts)}`)
      return factsOf(counts, await load.found('once it takes everything'))
    })
  } finally {
    await proxy.stop()
  }
}

function spoil(body: Buffer, random: Random): Spoiled {
  const chance = random.unit()
  const status = random.unit() < 0.5 ? 429 : 503
  if (chance < SHARES.answer) return { type: 'answer', status, body: '{}' }
  if (chance < SHARES.answer + SHARES['lose-answer']) return { type: 'lose-answer' }
  if (chance > SHARES.answer + SHARES['lose-answer'] + SHARES.refuse) return { type: 'pass' }
  const share = random.unit() * REFUSED_SHARE_MAX
  const count = body.reduce((sum, byte) => sum + (byte === NEWLINE ? 1 : 0), 0) / 2
  const documents = Array.from({ length: count }, (_, at) => at)
  return { type: 'refuse', status, documents: documents.filter(() => random.unit() < share) }
}

function factsOf(counts: Readonly<Record<Spoiled['type'], number>>, foundMs: number): Facts {
  return {
    'bodies taken': counts.pass,
    'bodies refused': counts.answer,
    'answers lost': counts['lose-answer'],
    'partly refused': counts.refuse,
    'all found after ms': Math.round(foundMs),
  }
}
