/** Made once: `toLocaleString` looks for its own at each call, which was a tenth of a search. */
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const FINE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 })

/** `18,234`: every digit counts. */
export function countText(count: number): string {
  return WHOLE.format(Math.round(count))
}

/** `1 row`, `18,234 rows`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${Math.round(count) === 1 ? one : many}`
}

/** `18.2k`, `3.4M`: at most four characters and a unit. */
export function shortCount(count: number): string {
  if (count < 1000) return String(Math.round(count))
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (count >= size * 0.9995) {
      const value = count / size
      return `${value < 100 ? trimZero(value.toFixed(1)) : Math.round(value)}${unit}`
    }
  return '1k'
}

/** `0.4`, `12`, `1,240`: a rate is read, not computed with. */
export function rateText(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? trimZero(perSecond.toFixed(1)) : countText(perSecond)
}

/** What is read at a glance: three digits behind the point, of small numbers three that matter. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 0.001 || size >= 1e15)) return value.toPrecision(4)
  return FINE.format(value)
}

/** `+12 %`, `−40 %`, `×3.2` against what was before; '' where there was nothing. */
export function changeText(now: number, before: number): string {
  if (before === 0) return now === 0 ? '' : 'new'
  const ratio = now / before
  if (ratio >= 3) return `×${ratio < 10 ? trimZero(ratio.toFixed(1)) : countText(ratio)}`
  const percent = Math.round((ratio - 1) * 100)
  return percent === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text
}
