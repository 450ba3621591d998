/** The series of a firing in words, and as a line of bars for whoever shows no pictures. */
import { formatTime } from '#proto/time.ts'
import { type AlertSeries, seriesName } from './findings.ts'
import { valueText } from './told-text.ts'

const BARS = '▁▂▃▄▅▆▇█'
/** A line of a telephone. */
const BARS_MAX = 40

/** `count, 10:00 to 10:20: at most 25, threshold 20`, with whole times. */
export function seriesCaption(series: AlertSeries): string {
  const { fromUs, stepUs, values, condition } = series
  const known = values.filter(value => value !== null)
  const untilUs = fromUs + stepUs * Math.max(0, values.length - 1)
  const against = condition === null ? '' : `, threshold ${valueText(condition.threshold)}`
  const most = isLow(series)
    ? `at least ${valueText(Math.min(...known))}`
    : `at most ${valueText(Math.max(...known))}`
  return (
    `${seriesName(series)}, ${formatTime(fromUs, 0)} to ${formatTime(untilUs, 0)}: ` +
    `${known.length === 0 ? 'no data' : most}${against}`
  )
}

/** `▁▁▂▇█`: from 0, or from the lowest below it, to the highest; a gap where nothing was measured. */
export function seriesBars(series: AlertSeries): string {
  const told = extremes(series)
  const known = [0, ...told.filter(value => value !== null)]
  const [bottom, top] = [Math.min(...known), Math.max(...known)]
  return told
    .map(value => {
      if (value === null) return ' '
      const share = top === bottom ? 0 : (value - bottom) / (top - bottom)
      return BARS.charAt(Math.round(share * (BARS.length - 1)))
    })
    .join('')
}

/** Of so many values that there is no bar for each, those that come closest to firing. */
function extremes(series: AlertSeries): readonly (number | null)[] {
  const { values } = series
  const width = Math.max(1, Math.ceil(values.length / BARS_MAX))
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => {
    const known = values.slice(i * width, (i + 1) * width).filter(value => value !== null)
    if (known.length === 0) return null
    return isLow(series) ? Math.min(...known) : Math.max(...known)
  })
}

function isLow({ condition }: AlertSeries): boolean {
  return condition?.operator.startsWith('<') === true
}
