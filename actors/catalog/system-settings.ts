/** The contract of settings that people change while the installation runs. */
import type { SystemConfig } from '#proto/people.ts'

export interface SystemSettings {
  /** Only what was ever set. */
  read(): Promise<Partial<SystemConfig>>
  /** What is not named stays. */
  change(change: Partial<SystemConfig>): Promise<void>
}
