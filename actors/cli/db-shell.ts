/** `logboy db shell`: SQL by hand, line by line, as in psql; also from a pipe. */
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import type { Answer, Ask } from '#actors/catalog/session.ts'
import { StatementReader } from '#actors/catalog/statements.ts'
import { type DbOptions, targetOf, withSession } from './db-target.ts'
import { fail, note, plain, table } from './terminal.ts'

const HELP = `statements end with ;   \\dt tables   \\d NAME columns   \\q or Ctrl-D quit
Servers notice changes by hand within five minutes, or at once after
  UPDATE catalog_version SET value = value + 1;`

const TABLES = `SELECT tablename AS table FROM pg_tables
  WHERE schemaname = current_schema() ORDER BY 1`
const COLUMNS = `SELECT column_name AS column, data_type AS type, is_nullable AS nullable
  FROM information_schema.columns
  WHERE table_schema = current_schema() AND table_name = `

export function shellCommand(): Command {
  return new Command('shell')
    .option('--read-only', 'refuse changes')
    .description('ask the catalog in SQL')
    .action(async (options: DbOptions & { readOnly?: boolean }) => {
      const target = targetOf(options)
      const ok = await withSession(target, async ask => {
        if (options.readOnly === true) await ask('SET default_transaction_read_only = on')
        return runShell(ask, target.name, options.json === true)
      })
      if (!ok) fail('stopped at the first error')
    })
}

/** A person goes on after an error, a pipe ends there: false = it did. */
async function runShell(ask: Ask, name: string, json: boolean): Promise<boolean> {
  const isPerson = process.stdin.isTTY === true
  const reader = new StatementReader()
  const lines = createInterface({
    input: process.stdin,
    ...(isPerson ? { output: process.stderr } : {}),
  })
  const prompt = (): void => {
    lines.setPrompt(reader.isOpen ? `${name}-> ` : `${name}=> `)
    if (isPerson) lines.prompt()
  }
  const run = async (statements: readonly string[]): Promise<boolean> => {
    for (const statement of statements) {
      try {
        show(await ask(statement), json)
      } catch (error) {
        note(`ERROR: ${plain((error as Error).message)}`)
        return false
      }
    }
    return true
  }
  if (isPerson) note(HELP)
  prompt()
  for await (const line of lines) {
    const command = reader.isOpen ? null : commandOf(line)
    if (command === 'quit') return true
    const statements = command ?? reader.push(`${line}\n`)
    if (!(await run(statements)) && !isPerson) return false
    prompt()
  }
  return (await run(reader.end())) || isPerson
}

/** What begins with a backslash; null = SQL. */
function commandOf(line: string): 'quit' | string[] | null {
  const [, word, name = ''] = /^\s*\\(\w+|\?)\s*(\w*)\s*;?\s*$/.exec(line) ?? []
  switch (word) {
    case undefined:
      return null
    case 'q':
      return 'quit'
    case 'dt':
      return [TABLES]
    case 'd':
      return [name === '' ? TABLES : `${COLUMNS}'${name}' ORDER BY ordinal_position`]
    default:
      note(HELP)
      return []
  }
}

function show({ fields, rows, affected }: Answer, json: boolean): void {
  if (json) {
    for (const row of rows) {
      const entries = fields.map((field, at) => [field, row[at] ?? null])
      process.stdout.write(`${JSON.stringify(Object.fromEntries(entries))}\n`)
    }
    return
  }
  const cells = rows.map(row => row.map(cell => plain(cell ?? '').replace(/\n/g, '↵')))
  const count = `(${affected} ${affected === 1 ? 'row' : 'rows'})`
  process.stdout.write(fields.length === 0 ? `${count}\n` : `${table(fields, cells)}\n${count}\n`)
}
