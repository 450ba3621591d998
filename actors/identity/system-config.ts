/** The installation's settings as they are now: read from the catalog again whenever it changes. */
import type { Check } from '#actors/catalog/check.ts'
import type { SystemSettings } from '#actors/catalog/system-settings.ts'
import type { SystemConfig } from '#proto/people.ts'
import { PEOPLE_RULES, type PeopleRules } from './people-rules.ts'

/** Unless somebody sets them. */
const DEFAULTS = {
  sign_up: PEOPLE_RULES.signUp,
  projects_by_anyone: PEOPLE_RULES.projectsByAnyone,
  audit_days: 365,
  audit_searches: false,
} as const satisfies Partial<SystemConfig>

export class LiveSystemConfig {
  readonly #settings: SystemSettings
  readonly #defaults: SystemConfig
  #current: SystemConfig

  /** `retentionDays`: what the process was started with. */
  constructor(settings: SystemSettings, retentionDays: number) {
    this.#settings = settings
    this.#defaults = { ...DEFAULTS, retention_days_default: retentionDays }
    this.#current = this.#defaults
  }

  get current(): SystemConfig {
    return this.#current
  }

  get rules(): PeopleRules {
    const { sign_up: signUp, projects_by_anyone: projectsByAnyone } = this.#current
    return { signUp, projectsByAnyone }
  }

  async refresh(): Promise<void> {
    this.#current = { ...this.#defaults, ...(await this.#settings.read()) }
  }

  async change(change: Partial<SystemConfig>, check?: Check<SystemConfig>): Promise<SystemConfig> {
    await this.#settings.change(change, set => check?.({ ...this.#defaults, ...set }))
    await this.refresh()
    return this.#current
  }
}
