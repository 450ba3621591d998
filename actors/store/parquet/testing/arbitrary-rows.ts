import fc from 'fast-check'
import { PATTERNS_VERSION } from '#actors/processing/patterns/signature.ts'
import { doubleText, type PlainRow } from './plain-rows.ts'

const VERSION_BITS = BigInt(PATTERNS_VERSION) << 48n
const MICROS_2026 = Date.UTC(2026, 0, 1) * 1000

/** Few values that repeat, or any at all. */
function text(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('', 'a', 'payment failed for order 17', 'Größe 漢字 🚀', '\u0000"\\\n'),
    fc.string({ maxLength, unit: 'binary' }),
  )
}

const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(offset => MICROS_2026 + offset),
  fc.constantFrom(0, 1, MICROS_2026, 2 ** 52 - 1),
  fc.integer({ min: 0, max: 4_000 }).map(day => day * 86_400_000_000),
)

const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n),
  fc.bigInt({ min: -1000n, max: 1000n }),
)

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1e21),
)

const json = fc.oneof(
  fc.constantFrom('null', '[]', '[1,"a,}",{"b":[]}]', '123456789012345678901234567890'),
  fc.array(fc.jsonValue({ maxDepth: 2 })).map(value => JSON.stringify(value)),
)

/** One value a key and row, as decoding makes it. */
const attributes: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .dictionary(
    fc
      .oneof(
        fc.constantFrom('status', 'Status', 'user.id', 'odd "key"\n', 'duration_ms'),
        fc.string({ maxLength: 5, minLength: 1 }),
      )
      .filter(key => key !== '__proto__'),
    fc.oneof(
      text(20).map(value => ['s', value] as const),
      long.map(value => ['i', String(value)] as const),
      double.map(value => ['d', doubleText(value)] as const),
      fc.boolean().map(value => ['b', String(value)] as const),
      json.map(value => ['j', value] as const),
    ),
    { maxKeys: 5 },
  )
  .map(values =>
    Object.fromEntries(
      Object.entries(values).map(([key, [type, value]]) => [`${type}.${key}`, value]),
    ),
  )

function hex(bytes: number): fc.Arbitrary<string | null> {
  const id = fc.uint8Array({ minLength: bytes, maxLength: bytes })
  return fc.option(id.map(value => Buffer.from(value).toString('hex')))
}

const row = fc.record({
  timeUs: time,
  timeSubNs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999 })),
  receivedAtUs: time,
  kind: fc.constantFrom(0, 1, 2),
  flags: fc.integer({ min: 0, max: 15 }),
  severity: fc.integer({ min: 1, max: 24 }),
  severityText: fc.constantFrom('', 'Notice', 'VERBOSE'),
  service: text(8),
  host: text(8),
  file: text(8),
  message: text(60),
  traceId: hex(16),
  spanId: hex(8),
  patternId: fc.bigInt({ min: VERSION_BITS, max: VERSION_BITS + 2n ** 48n - 1n }),
  attributes,
})

/** Parts of up to 300 rows together, every row with an identity of its own. */
export const arbitraryParts: fc.Arbitrary<readonly (readonly PlainRow[])[]> = fc
  .array(
    fc.record({
      producer: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      rows: fc.array(row, { minLength: 1, maxLength: 40 }),
      /** Repeats make runs, and pages longer than a group of eight. */
      times: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map(parts =>
    parts.map(({ producer, rows, times }, part) =>
      Array.from({ length: times }, () => rows)
        .flat()
        .map((value, index) => ({ ...value, producer, seq: BigInt(part) << 40n, row: index })),
    ),
  )
