/**
 * Reads a Dockerfile of two stages, as far as ours uses it
 * (https://docs.docker.com/reference/dockerfile/): what the first one runs, and what the image of
 * the last one says about its containers.
 */
import { readFileSync } from 'node:fs'
import type { ComposeHealthcheck } from './compose-file.ts'

export interface Dockerfile {
  /** Commands of the stage that builds, in order; each goes to a shell. */
  readonly buildSteps: readonly string[]
  readonly image: ImageConfig
}

/** What a container of the image gets unless the compose file says otherwise. */
export interface ImageConfig {
  readonly environment: Readonly<Record<string, string>>
  readonly workingFolder: string
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly volumes: readonly string[]
  readonly healthcheck: ComposeHealthcheck
}

interface Instruction {
  readonly name: string
  readonly text: string
}

export function readDockerfile(path: string): Dockerfile {
  return parseDockerfile(readFileSync(path, 'utf8'))
}

export function parseDockerfile(text: string): Dockerfile {
  const instructions = instructionsOf(text)
  const lastStage = instructions.findLastIndex(({ name }) => name === 'FROM')
  const final = instructions.slice(lastStage)
  const all = (name: string): string[] => final.filter(it => it.name === name).map(it => it.text)
  const last = (name: string): string => {
    const found = all(name).at(-1)
    if (found === undefined) throw new Error(`the last stage of the Dockerfile has no ${name}`)
    return found
  }
  return {
    buildSteps: instructions
      .slice(0, lastStage)
      .filter(({ name }) => name === 'RUN')
      .map(it => it.text),
    image: {
      environment: Object.fromEntries(all('ENV').flatMap(assignmentsOf)),
      workingFolder: last('WORKDIR'),
      user: last('USER'),
      entrypoint: listOf(last('ENTRYPOINT')),
      command: listOf(last('CMD')),
      volumes: all('VOLUME'),
      healthcheck: healthcheckOf(last('HEALTHCHECK')),
    },
  }
}

/** Lines that end in a backslash go on; comments between them do not count. */
function instructionsOf(text: string): Instruction[] {
  const joined = text
    .split('\n')
    .filter(line => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
  return joined.split('\n').map(line => {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? []
    return { name, text: rest }
  })
}

function assignmentsOf(text: string): (readonly [string, string])[] {
  return text.split(/\s+/).map(part => {
    const at = part.indexOf('=')
    return [part.slice(0, at), part.slice(at + 1)] as const
  })
}

function healthcheckOf(text: string): ComposeHealthcheck {
  const option = (name: string): string => new RegExp(`--${name}=(\\S+)`).exec(text)?.[1] ?? ''
  return {
    test: ['CMD', ...listOf(text.slice(text.indexOf(' CMD ') + ' CMD '.length))],
    interval: option('interval'),
    timeout: option('timeout'),
    start_period: option('start-period'),
    retries: Number(option('retries')),
  }
}

function listOf(text: string): string[] {
  return JSON.parse(text) as string[]
}
