/** The contract of settings that people change while the installation runs. */
import type { SystemConfig } from '#proto/people.ts'
import type { Check } from './check.ts'

export interface SystemSettings {
  /** Only what was ever set. */
  read(): Promise<Partial<SystemConfig>>
  /** What is not named stays. */
  change(change: Partial<SystemConfig>, check?: Check<Partial<SystemConfig>>): Promise<void>
}
