/** The command line: one file a command, this one lists them. */
import { Command } from 'commander'
import { ConfigError, flagOf } from '#actors/config.ts'
import { SETTINGS } from '#actors/settings.ts'
import { readVersion } from '#actors/version.ts'
import { accountCommand } from './account.ts'
import { alertsCommand } from './alerts.ts'
import { dbCommand } from './db.ts'
import { deleteCommand } from './delete.ts'
import { demoCommand } from './demo.ts'
import { exportCommand } from './export.ts'
import { generateCommand } from './generate.ts'
import { healthCommand } from './health.ts'
import { keyCommand } from './key.ts'
import { projectCommand } from './project.ts'
import { searchCommand } from './search.ts'
import { serveCommand } from './serve.ts'
import { shipCommand } from './ship.ts'
import { signInCommand } from './sign-in.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tailCommand } from './tail.ts'
import { fail } from './terminal.ts'

const program = new Command('logboy')
  .description('Self-hosted logs: durable ingest, instant search, live tail')
  .version(readVersion(), '-v, --version')
  .enablePositionalOptions()
  .showHelpAfterError()

for (const command of [serveCommand(), startCommand(), demoCommand()]) {
  for (const { env, doc } of Object.values(SETTINGS)) {
    command.option(`--${flagOf(env)} <value>`, doc)
  }
  program.addCommand(command)
}
const clients = [
  signInCommand(),
  accountCommand(),
  stopCommand(),
  statusCommand(),
  healthCommand(),
  projectCommand(),
  keyCommand(),
  shipCommand(),
  tailCommand(),
  searchCommand(),
  exportCommand(),
  deleteCommand(),
  generateCommand(),
  alertsCommand(),
  dbCommand(),
]
for (const command of clients) program.addCommand(command)

try {
  await program.parseAsync()
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  // Only boundary failures carry one of our codes; anything else is a bug and keeps its stack.
  if (error instanceof ConfigError || code?.startsWith('LOGBOY_') === true) fail(message)
  throw error
}
