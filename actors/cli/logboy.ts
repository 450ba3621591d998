/** The command line: one file a command, this one lists them. */
import { Command } from 'commander'
import { ConfigError, clientEnvironment, flagOf } from '#actors/config.ts'
import { SETTINGS } from '#actors/settings.ts'
import { readVersion } from '#actors/version.ts'
import { trustAuthority } from './authority.ts'
import { fail } from './terminal.ts'

/** Only the one that was named is loaded: all of them together take four times as long to start. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  start: async () => (await import('./start.ts')).startCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
  'sign-in': async () => (await import('./sign-in.ts')).signInCommand(),
  account: async () => (await import('./account.ts')).accountCommand(),
  stop: async () => (await import('./stop.ts')).stopCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  health: async () => (await import('./health.ts')).healthCommand(),
  project: async () => (await import('./project.ts')).projectCommand(),
  key: async () => (await import('./key.ts')).keyCommand(),
  ship: async () => (await import('./ship.ts')).shipCommand(),
  tail: async () => (await import('./tail.ts')).tailCommand(),
  search: async () => (await import('./search.ts')).searchCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  delete: async () => (await import('./delete.ts')).deleteCommand(),
  generate: async () => (await import('./generate.ts')).generateCommand(),
  alerts: async () => (await import('./alerts.ts')).alertsCommand(),
  db: async () => (await import('./db.ts')).dbCommand(),
}
/** They take the settings of the server as options. */
const SERVERS = ['serve', 'start', 'demo']

const program = new Command('logboy')
  .description('Self-hosted logs: durable ingest, instant search, live tail')
  .version(readVersion(), '-v, --version')
  .enablePositionalOptions()
  .showHelpAfterError()

/** All of them where help is wanted, or the name is wrong. */
function wanted(named = ''): readonly string[] {
  if (Object.hasOwn(COMMANDS, named)) return [named]
  return named === '--version' || named === '-v' ? [] : Object.keys(COMMANDS)
}

for (const name of wanted(process.argv[2])) {
  const command = await COMMANDS[name]?.()
  if (command === undefined) continue
  if (SERVERS.includes(name)) {
    for (const { env, doc } of Object.values(SETTINGS)) {
      command.option(`--${flagOf(env)} <value>`, doc)
    }
  }
  program.addCommand(command)
}

if (!SERVERS.includes(process.argv[2] ?? '')) {
  trustAuthority(clientEnvironment().authority)
  // `logboy search … | head`: who reads along has enough. A server goes on without its readers.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

try {
  await program.parseAsync()
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  // Only boundary failures carry one of our codes; anything else is a bug and keeps its stack.
  if (error instanceof ConfigError || code?.startsWith('LOGBOY_') === true) fail(message)
  throw error
}
