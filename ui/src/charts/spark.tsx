import { createMemo, type JSX } from 'solid-js'

const SIZE = { width: 120, height: 28 }

/** The last values of a number, as a small line; what it says stands beside it. */
export function Spark(props: { readonly values: readonly number[] }): JSX.Element {
  const path = createMemo(() => sparkLine(props.values))
  return (
    <svg class="spark-line" viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} aria-hidden="true">
      <path class="spark-area" d={path() === '' ? '' : `${path()}V${SIZE.height}H0z`} />
      <path d={path()} />
    </svg>
  )
}

function sparkLine(values: readonly number[]): string {
  if (values.length < 2) return ''
  const max = Math.max(...values, 1e-9)
  const step = SIZE.width / (values.length - 1)
  return values
    .map((value, at) => {
      const y = SIZE.height - 1 - (value / max) * (SIZE.height - 3)
      return `${at === 0 ? 'M' : 'L'}${(at * step).toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}
