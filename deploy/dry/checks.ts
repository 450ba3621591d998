/** What programs say of the files that they know: each is asked where it is installed. */
import { spawnSync } from 'node:child_process'

interface Check {
  readonly program: string
  readonly args: readonly string[]
  readonly proves: string
}

export const CHECKS: readonly Check[] = [
  {
    program: 'check-jsonschema',
    args: [
      '--builtin-schema',
      'vendor.compose-spec',
      'docker-compose.yml',
      'deploy/docker-compose.brokers.yml',
    ],
    proves: "compose files follow the specification's schema",
  },
  {
    program: 'hadolint',
    args: ['--failure-threshold', 'info', 'Dockerfile'],
    proves: 'the Dockerfile follows the rules of hadolint',
  },
  {
    program: 'promtool',
    args: ['check', 'config', 'deploy/prometheus/prometheus.yml'],
    proves: 'Prometheus takes its configuration and rules',
  },
  {
    program: 'amtool',
    args: ['check-config', 'deploy/alertmanager/alertmanager.yml'],
    proves: 'Alertmanager takes its route',
  },
]

/** Throws with what the first program says that objects. */
export function checkFiles(folder: string, tell: (text: string) => void): void {
  for (const { program, args, proves } of CHECKS) {
    const { error, status, stdout, stderr } = spawnSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
    })
    if (error !== undefined) tell(`NOT CHECKED, ${program} is not installed: ${proves}`)
    else if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
    else tell(`${proves} (${program})`)
  }
}
