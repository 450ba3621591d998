/** `logboy serve`: the server in the foreground. */
import { Command } from 'commander'
import { loadConfig } from '#actors/config.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server in the foreground')
    .action(async (_: unknown, command: Command) => {
      const config = loadConfig({ flags: flagsOf(command) })
      // The server's code is loaded only here: other commands, and mistakes, are told at once.
      const { serve } = await import('#actors/main.ts')
      await serve(config)
    })
}

/** Commander turns `--http-port` into httpPort; settings are looked up by their flag. */
export function flagsOf(command: Command): Record<string, string> {
  return Object.fromEntries(
    Object.entries(command.opts<Record<string, string>>()).map(([name, value]) => [
      name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`),
      value,
    ]),
  )
}
