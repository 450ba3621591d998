/** An entry of `GET alerts/history`, and what a tail with `kind=alerts` tells as it happens. */
export type AlertStateName = 'ok' | 'pending' | 'firing' | 'no_data'

export interface AlertChange {
  readonly id: number
  readonly at: string
  readonly rule_id: string
  readonly rule: string
  readonly severity: string
  readonly condition: string
  /** Fields and values of the group; null = rows without the field. */
  readonly group: Readonly<Record<string, string | null>>
  readonly from: AlertStateName
  /** The same as `from` where somebody acknowledged it. */
  readonly to: AlertStateName
  readonly value: number | null
  readonly window_end: string
  /** Who did it; null = the logs. */
  readonly actor: string | null
  readonly note: string | null
}
