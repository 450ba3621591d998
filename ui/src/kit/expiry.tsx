import type { JSX } from 'solid-js'
import { Choice } from './field.tsx'

const DAY = 86_400
/** Seconds, as the values of a list. */
const TERMS = {
  '': 'Never',
  [DAY]: '1 day',
  [7 * DAY]: '7 days',
  [30 * DAY]: '30 days',
  [90 * DAY]: '90 days',
  [365 * DAY]: '1 year',
} as const

/** When something made now ends; the empty text is never. */
export function Expiry(props: {
  readonly value: string
  readonly onChange: (value: string) => void
  /** Invitations always end, and within 90 days. */
  readonly required?: boolean
}): JSX.Element {
  const options = (): [string, string][] =>
    Object.entries(TERMS)
      .filter(([seconds]) => props.required !== true || isSoon(seconds))
      .sort(([a], [b]) => Number(a) - Number(b))
  return (
    <Choice
      label="Expires after"
      name="expires_in"
      value={props.value}
      options={options()}
      onChange={props.onChange}
    />
  )
}

function isSoon(seconds: string): boolean {
  return seconds !== '' && Number(seconds) <= 90 * DAY
}

/** The member of a request that says so. */
export function expiresIn(value: string): { readonly expires_in?: number } {
  return value === '' ? {} : { expires_in: Number(value) }
}
