/** How to send a first log, ready to paste. */
export interface Snippet {
  readonly id: 'curl' | 'sdk' | 'otlp' | 'agent' | 'ship'
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
      id: 'otlp',
      title: 'OpenTelemetry',
      code: [
        `curl ${origin}/v1/logs \\`,
        `  -H 'Authorization: Bearer ${key}' \\`,
        `  -H 'Content-Type: application/json' \\`,
        `  -d '${JSON.stringify(OTLP_REQUEST)}'`,
        ``,
        `# the same for a program with any OpenTelemetry SDK`,
        `export OTEL_LOGS_EXPORTER=otlp OTEL_SERVICE_NAME=hello`,
        `export OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${origin}/v1/logs`,
        `export OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf`,
        `export OTEL_EXPORTER_OTLP_LOGS_HEADERS='authorization=Bearer%20${key}'`,
        `export OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true # Python alone wants it`,
      ].join('\n'),
      note: 'Logs of SDKs and collectors, in protobuf or JSON; over gRPC at port 4317.',
    },
    {
      id: 'agent',
      title: 'Fluent Bit',
      code: fluentBit(new URL(origin), key),
      note: 'An agent that follows files or containers; it waits and tries again by itself.',
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

const OTLP_REQUEST = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'hello' } }] },
      scopeLogs: [{ logRecords: [{ severityNumber: 9, body: { stringValue: 'my first log' } }] }],
    },
  ],
}

function fluentBit({ protocol, hostname, port }: URL, key: string): string {
  const isSecure = protocol === 'https:'
  return [
    `# fluent-bit -c fluent-bit.yaml`,
    `pipeline:`,
    `  inputs:`,
    `    - name: tail`,
    `      path: /var/log/*.log`,
    `  outputs:`,
    `    - name: http`,
    `      match: '*'`,
    `      host: '${hostname.replace(/^\[(.*)\]$/, '$1')}'`,
    `      port: ${port === '' ? (isSecure ? 443 : 80) : port}`,
    ...(isSecure ? [`      tls: on`] : []),
    `      uri: /ingest`,
    `      header:`,
    `        - Authorization Bearer ${key}`,
    `      format: json_lines`,
    `      json_date_key: time`,
    `      json_date_format: iso8601`,
    `      compress: gzip`,
  ].join('\n')
}

/** Plain HTTP beyond this machine: the SDK wants to be told that this is meant. */
function isOpenLine(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

function shellWord(text: string): string {
  return /^[\w.@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
