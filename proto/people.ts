/**
 * Bodies of the REST interface about people: accounts, signing in, members, roles, invitations,
 * quotas, dead letters, saved views, the audit log and the installation's settings. Times are
 * RFC 3339 in UTC. Routes stand beside the shapes; all are under /api/v1.
 */
import type { KeyScope, Project } from './api.ts'
import type { Permission } from './permissions.ts'

/**
 * A person. For administrators: `GET accounts` lists them, `PATCH accounts/:id` changes one,
 * `POST accounts` {email, name, administrator?} and `POST accounts/:id/reset` → AccountLink.
 * `PATCH account` {name} changes one's own name.
 */
export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly administrator: boolean
  readonly created_at: string
  readonly last_sign_in_at: string | null
  readonly disabled_at: string | null
}

export interface AccountChange {
  readonly name?: string | undefined
  readonly administrator?: boolean | undefined
  readonly disabled?: boolean | undefined
}

/** A link that sets the account's password, told this once, to be handed to its person. */
export interface AccountLink {
  readonly account: Account
  readonly url: string
}

/** `GET auth/options`, for anyone: what the sign-in page offers. */
export interface SignInOptions {
  /** `first`: nobody has an account yet, and the first becomes administrator. */
  readonly sign_up: 'first' | 'open' | 'invitation'
  /** Whether a forgotten password's link is mailed, or printed where the server runs. */
  readonly reset: 'mail' | 'printed'
  readonly password_length_min: number
}

export const PASSWORD_LENGTH_MIN = 10
/** Longer ones would cost more to check than they add. */
export const PASSWORD_LENGTH_MAX = 200

/**
 * `POST auth/sign-up` → 201 SignedIn. Where everybody may sign up and mail is set up → 202 and
 * nothing: a link to `/sign-up?confirm=TOKEN` is mailed, `POST auth/confirm` {token} → 201 SignedIn.
 */
export interface SignUp {
  readonly email: string
  readonly password: string
  readonly name: string
  /** Of an invitation link; its project is joined at once. */
  readonly invitation?: string
}

/** `POST auth/login`. */
export interface Login {
  readonly email: string
  readonly password: string
}

/**
 * Answer of `auth/sign-up`, `auth/login` and `auth/refresh` (which takes an empty object and the
 * cookie). Pages need not keep the token: it comes as the HttpOnly cookie `logboy_session` too,
 * and the rotating refresh token as `logboy_refresh` (path /api/v1/auth). Scripts send the token as
 * Bearer to REST and tail.
 */
export interface SignedIn {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  readonly account: Account
}

/** `POST auth/logout` → 204. */
export interface Logout {
  /** On every device, at once. */
  readonly everywhere?: boolean
}

/** `POST auth/forgotten` → 202 whoever asks. */
export interface Forgotten {
  readonly email: string
}

/** `POST auth/reset` → 204; all sessions of the person end. */
export interface PasswordReset {
  readonly token: string
  readonly password: string
}

/** `POST auth/password` → 204; the person's other sessions end. */
export interface PasswordChange {
  readonly current: string
  readonly next: string
}

/** `GET session`: who asks. */
export type WhoAmI =
  /** By the administrator's token or a sign-in link: everything, but nobody's name. */
  | { readonly role: 'administrator' }
  | { readonly role: 'person'; readonly account: Account }
  | { readonly role: 'key'; readonly project: string; readonly scopes: readonly KeyScope[] }

/** `GET tokens` lists the person's own, `DELETE tokens/:id` ends one. Text `lbt_<id>_<secret>`. */
export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
}

/** `POST tokens` {name, expires_in?} → 201; the text is told this once. */
export interface ApiTokenCreated extends ApiToken {
  readonly token: string
}

/** `GET projects`, `GET projects/:id`: with what the caller may do there. */
export interface ProjectAccess extends Project {
  /** Name of the caller's role; 'administrator' for one of the installation. */
  readonly role: string
  readonly permissions: readonly Permission[]
}

/** `GET projects/:id/members`; `PATCH projects/:id/members/:account` {role}; `DELETE` the same. */
export interface Member {
  readonly account: Pick<Account, 'id' | 'email' | 'name'>
  readonly role: string
  readonly since: string
}

/** `GET|POST projects/:id/roles`, `PUT|DELETE projects/:id/roles/:name`. */
export interface Role {
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly built_in: boolean
}

/** `GET projects/:id/invitations`, `DELETE projects/:id/invitations/:invitation`. */
export interface Invitation {
  readonly id: string
  /** Whom it is for; null = whoever has the link. */
  readonly email: string | null
  readonly role: string
  readonly created_at: string
  readonly expires_at: string
  readonly created_by: string | null
}

/** `POST projects/:id/invitations` {email?, role, expires_in?} → 201; the link is told this once. */
export interface InvitationCreated extends Invitation {
  readonly url: string
  /** false where no mail is set up or no address was given. */
  readonly mailed: boolean
}

/** `POST invitations/look` {token}, for anyone; `POST invitations/accept` {token} joins. */
export interface InvitationLook {
  readonly project: Pick<Project, 'id' | 'name'>
  readonly role: string
  readonly email: string | null
  readonly expires_at: string
}

/** `GET projects/:id/quotas`, `PATCH` of its limits: administrators. */
export interface Quotas {
  /** 0 = none. */
  readonly records_per_second: number
  readonly bytes_per_second: number
  /** Last minute's averages, and what was refused in the last hour. */
  readonly use: {
    readonly records_per_second: number
    readonly bytes_per_second: number
    readonly refused_records: number
  }
  readonly keys: readonly KeyQuota[]
}

/** `PATCH projects/:id/keys/:key` changes a key's own limits and name. */
export interface KeyQuota {
  readonly id: string
  readonly name: string
  readonly records_per_second: number
  readonly bytes_per_second: number
  readonly use: Quotas['use']
}

/**
 * `GET projects/:id/dead-letters?source&reason&after&limit` → {letters, next}, newest first; `next`
 * is the `after` of the page behind it, null = there is none.
 */
export interface DeadLetterSummary {
  readonly id: string
  readonly at: string
  /**
   * 'ingest', 'otlp', 'sdk', 'sdk-batch', 'sdk-metrics' (refused by a door) or 'store' (gave it up).
   */
  readonly source: string
  readonly reason: string
  readonly bytes: number
}

/** `GET projects/:id/dead-letters/:letter`. */
export interface DeadLetterContents extends DeadLetterSummary {
  /** As text where it is UTF-8, else null. */
  readonly text: string | null
  readonly base64: string
  /** Records that a replay would send, as NDJSON that a person may repair first; null = none. */
  readonly records: string | null
}

export interface RejectedRecord {
  readonly index: number
  readonly reason: string
}

/**
 * `POST projects/:id/dead-letters/replay` {ids} or {id, records}; `POST …/delete` {ids} → {deleted}.
 * A letter is replayed as a whole, and then deleted, or stays as it is because some of its records
 * would be rejected again: repair them, or leave them out.
 */
export interface DeadLettersReplayed {
  /** Records that are durable now. */
  readonly accepted: number
  readonly rejected: readonly (RejectedRecord & { readonly letter: string })[]
}

/**
 * `GET projects/:id/saved-views` → {views}, `POST` {name, address, shared} → 201, `PUT` the same and
 * `version`, `DELETE projects/:id/saved-views/:view` → 204.
 */
export interface SavedView {
  readonly id: string
  readonly name: string
  /** The page's own address behind its `?`, without the project. */
  readonly address: string
  /** Seen by everybody in the project, or by its maker alone. */
  readonly shared: boolean
  readonly created_by: string | null
  readonly updated_at: string
  /** Of the state that was read; a `PUT` that names an older one answers 409. */
  readonly version: number
}

/**
 * `GET audit?project&actor&action&start_time&end_time&cursor&limit` → {entries, next_cursor}:
 * administrators see all, members with `members` those of their project.
 */
export interface AuditEntry {
  readonly id: string
  readonly at: string
  /** Account id, `key <id>`, or 'administrator' for the installation's token. */
  readonly actor: string
  readonly actor_name: string
  readonly peer: string
  /** Such as 'project.update', 'logs.search', 'auth.login'. */
  readonly action: string
  readonly project: string | null
  /** What was changed or searched, without secrets. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** `GET|PATCH system/config`: the installation's own settings, live within a second, audited. */
export interface SystemConfig {
  readonly sign_up: 'open' | 'invitation'
  /** Whether members of no project may make their own. */
  readonly projects_by_anyone: boolean
  readonly retention_days_default: number
  readonly audit_days: number
  readonly audit_searches: boolean
}
