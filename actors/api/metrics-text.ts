/** The Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4. */

export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly MetricSample[]
}

export interface MetricSample {
  /** Appended to the family's name: '_bucket', '_sum', '_count'. */
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

export function metricsText(families: readonly MetricFamily[]): string {
  return families
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(
        ({ suffix = '', labels = {}, value }) =>
          `${name}${suffix}${labelsText(labels)} ${valueText(value)}`,
      )
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
    })
    .join('')
}

/** A family with one sample and no labels. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: number,
): MetricFamily {
  return { name, help, type, samples: [{ value }] }
}

/** Cumulative buckets out of plain ones; `counts` has one more than `bounds`, for all above. */
export function histogram(
  name: string,
  help: string,
  bounds: readonly number[],
  counts: ArrayLike<number>,
  sum: number,
): MetricFamily {
  let total = 0
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, at) => {
    total += counts[at] as number
    return { suffix: '_bucket', labels: { le: valueText(bound) }, value: total }
  })
  const samples = [...buckets, { suffix: '_sum', value: sum }, { suffix: '_count', value: total }]
  return { name, help, type: 'histogram', samples }
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escape(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function valueText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)
}
