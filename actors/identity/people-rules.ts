/** What the installation's settings say about people. */
export interface PeopleRules {
  /** Behind the first account, which anyone may make. */
  readonly signUp: 'open' | 'invitation'
  /** Whether people who administer nothing may make projects. */
  readonly projectsByAnyone: boolean
}

/** Unless a setting says otherwise. */
export const PEOPLE_RULES: PeopleRules = { signUp: 'invitation', projectsByAnyone: true }
