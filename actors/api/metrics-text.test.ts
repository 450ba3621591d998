import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogram, metricsText, single } from './metrics-text.ts'

test('families carry help, type and samples with escaped labels', () => {
  const text = metricsText([
    single('counter', 'logboy_rows_total', 'rows stored', 5),
    {
      name: 'logboy_depth',
      help: 'messages waiting',
      type: 'gauge',
      samples: [{ labels: { actor: 'a"b\\c\nd' }, value: 2 }],
    },
  ])
  assert.equal(
    text,
    [
      '# HELP logboy_rows_total rows stored',
      '# TYPE logboy_rows_total counter',
      'logboy_rows_total 5',
      '# HELP logboy_depth messages waiting',
      '# TYPE logboy_depth gauge',
      'logboy_depth{actor="a\\"b\\\\c\\nd"} 2',
      '',
    ].join('\n'),
  )
})

test('buckets of a histogram are cumulative and end with all', () => {
  const { samples } = histogram('logboy_ack_seconds', 'acks', [0.1, 1], [3, 2, 1], 4.5)
  assert.deepEqual(
    samples.map(({ suffix, labels, value }) => [suffix, labels?.['le'], value]),
    [
      ['_bucket', '0.1', 3],
      ['_bucket', '1', 5],
      ['_bucket', '+Inf', 6],
      ['_sum', undefined, 4.5],
      ['_count', undefined, 6],
    ],
  )
})
