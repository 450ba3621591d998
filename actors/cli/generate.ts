/** `logboy generate`: realistic logs to a file, to stdout, or straight into a project. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { Command } from 'commander'
import { pause, systemClock } from '#runtime/clock.ts'
import { seededRandom, systemRandom } from '#runtime/random.ts'
import { formatJson, formatText, LogGenerator } from './generate/generator.ts'
import { dueAfter } from './generate/pace.ts'
import { SERVICES, type ServiceName } from './generate/templates.ts'
import { openSender } from './ingest-target.ts'
import { type ClientOptions, withClientOptions } from './options.ts'
import { counted, fail, print } from './terminal.ts'

interface GenerateOptions extends ClientOptions {
  readonly rate: string
  readonly seconds?: string
  readonly count?: string
  readonly services?: string
  readonly format: string
  readonly burstInterval: string
  readonly seed?: string
  readonly out?: string
  readonly project?: string
  readonly key?: string
}

const TICK_MS = 20
const LINES_AT_ONCE = 1_000

export function generateCommand(): Command {
  return withClientOptions(
    new Command('generate')
      .description('write realistic logs to stdout, a file or a project')
      .option('--rate <n>', 'logs per second', '100')
      .option('--seconds <n>', 'how long (without: until Ctrl-C)')
      .option('--count <n>', 'how many, as fast as possible, spread over --seconds of log time')
      .option('--services <names>', `services with commas, out of ${SERVICES.join(', ')}`)
      .option('--format <format>', 'text or json', 'json')
      .option('--burst-interval <s>', 'seconds between bursts of ten times the rate, 0 = none', '0')
      .option('--seed <n>', 'the same seed gives the same logs')
      .option('--out <file>', 'file to write to')
      .option('--project <name>', 'send straight into this project')
      .option('--key <key>', 'ingest key to use instead'),
  ).action(generate)
}

async function generate(options: GenerateOptions): Promise<void> {
  const seed = options.seed === undefined ? systemRandom.uint32() : number(options.seed, '--seed')
  const services = servicesOf(options.services)
  const generator = new LogGenerator({
    random: seededRandom(seed),
    ...(services === undefined ? {} : { services }),
  })
  if (options.format !== 'json' && options.format !== 'text') {
    fail(`unknown format ${options.format}, expected text or json`)
  }
  const straight = options.project !== undefined || options.key !== undefined
  const format = options.format === 'text' && !straight ? formatText : formatJson
  const sink = straight ? await projectSink(options) : fileSink(options.out)
  const count =
    options.count === undefined
      ? await atPace(options, sink, timeUs => format(generator.next(timeUs)))
      : await atOnce(options, sink, timeUs => format(generator.next(timeUs)))
  const told = await sink.close()
  if (straight || options.out !== undefined) {
    print(
      { json: options.json === true },
      { generated: count, seed, ...told },
      `${counted(count, 'log')} (seed ${seed})`,
    )
  }
}

interface Sink {
  write(line: string): void | Promise<void>
  /** Hands on what was written by now, for those who read along. */
  flush(): void | Promise<void>
  close(): Promise<Record<string, unknown>>
}

function fileSink(path: string | undefined): Sink {
  const out = path === undefined ? process.stdout : createWriteStream(path)
  if (path !== undefined) {
    out.on('error', error => fail(`${path} cannot be written: ${error.message}`))
  }
  let pending: string[] = []
  const flush = async () => {
    const text = pending.map(line => `${line}\n`).join('')
    pending = []
    // Who reads slowly is waited for.
    if (text !== '' && !out.write(text)) await once(out, 'drain')
  }
  return {
    write(line) {
      pending.push(line)
      return pending.length >= LINES_AT_ONCE ? flush() : undefined
    },
    flush,
    async close() {
      await flush()
      if (path !== undefined) await finished(out.end())
      return {}
    },
  }
}

async function projectSink(options: GenerateOptions): Promise<Sink> {
  const target = await openSender({ ...options, name: 'generate' })
  return {
    write: line => target.sender.add(line),
    flush() {
      // The sender hands on by itself what has waited long enough.
    },
    async close() {
      await target.close()
      const { accepted, rejected } = target.sender.sent
      return { accepted, rejected }
    },
  }
}

/** In real time: writes what is due each tick. Ctrl-C ends it with everything sent. */
async function atPace(
  options: GenerateOptions,
  sink: Sink,
  next: (timeUs: number) => string,
): Promise<number> {
  const pace = {
    rate: number(options.rate, '--rate'),
    burstIntervalS: number(options.burstInterval, '--burst-interval'),
  }
  const endS = options.seconds === undefined ? Infinity : number(options.seconds, '--seconds')
  let stopped = false
  process.once('SIGINT', () => {
    stopped = true
  })
  const start = systemClock.monotonicMs()
  let written = 0
  for (let elapsedS = 0; !stopped && elapsedS < endS; ) {
    await pause(TICK_MS)
    elapsedS = Math.min(endS, (systemClock.monotonicMs() - start) / 1000)
    const due = dueAfter(elapsedS, pace)
    for (; written < due; written++) {
      const waiting = sink.write(next(systemClock.nowUs()))
      if (waiting !== undefined) await waiting
    }
    await sink.flush()
  }
  return written
}

/** As fast as possible, times spread evenly over the last `seconds`. */
async function atOnce(
  options: GenerateOptions,
  sink: Sink,
  next: (timeUs: number) => string,
): Promise<number> {
  const count = number(options.count as string, '--count')
  const spanUs = number(options.seconds ?? '3600', '--seconds') * 1_000_000
  const startUs = systemClock.nowUs() - spanUs
  for (let at = 0; at < count; at++) {
    const waiting = sink.write(next(startUs + Math.floor((at * spanUs) / count)))
    if (waiting !== undefined) await waiting
  }
  return count
}

function servicesOf(text: string | undefined): ServiceName[] | undefined {
  return text?.split(',').map(name => {
    const found = SERVICES.find(service => service === name.trim())
    return found ?? fail(`unknown service ${name}, expected some of ${SERVICES.join(', ')}`)
  })
}

function number(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) fail(`${option} ${text} is no number`)
  return value
}
