/** How to send a first log, ready to paste. */
export interface Snippet {
  readonly id: 'curl' | 'sdk' | 'ship'
  readonly title: string
  readonly code: string
  readonly note: string
}

export interface SnippetContext {
  /** Where this page came from. */
  readonly origin: string
  readonly project: string
  readonly key: string
}

/** Stands where a key belongs that is not known any more. */
export const KEY_PLACEHOLDER = 'YOUR_INGEST_KEY'

export function snippets({ origin, project, key }: SnippetContext): readonly Snippet[] {
  return [
    {
      id: 'curl',
      title: 'curl',
      code: [
        `curl ${origin}/ingest \\`,
        `  -H 'Authorization: Bearer ${key}' \\`,
        `  -H 'Content-Type: application/json' \\`,
        `  -d '{"level":"info","service":"hello","message":"my first log"}'`,
      ].join('\n'),
      note: 'One object, an array, or lines of JSON; gzip, zstd, deflate and br are welcome.',
    },
    {
      id: 'sdk',
      title: 'Node.js',
      code: [
        `// npm install @logboy/sdk`,
        `import { createLogger } from '@logboy/sdk'`,
        ``,
        `const log = createLogger({`,
        `  url: '${origin}',`,
        `  key: '${key}',`,
        `  service: 'hello',`,
        ...(isOpenLine(origin) ? [`  insecure: true, // the key travels unencrypted`] : []),
        `})`,
        `log.info('my first log', { user: 'ada' })`,
      ].join('\n'),
      note: 'Batches, retries and survives restarts of the server by itself.',
    },
    {
      id: 'ship',
      title: 'Log files',
      code: [
        `npx logboy ship app.log --url ${origin} --key ${key}`,
        ``,
        `# on the machine of the server no key is needed`,
        `npx logboy ship app.log --project ${shellWord(project)}`,
      ].join('\n'),
      note: 'Plain text, JSON lines, or - for what another program prints.',
    },
  ]
}

/** Plain HTTP beyond this machine: the SDK wants to be told that this is meant. */
function isOpenLine(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

function shellWord(text: string): string {
  return /^[\w.@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
