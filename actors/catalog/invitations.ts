/** The contract of invitations into projects: each is good once, until its time. */
import type { Invitation, InvitationLook } from '#proto/people.ts'

export interface NewInvitation {
  readonly id: string
  readonly projectId: string
  readonly tokenSha256: Uint8Array
  /** In lower case; null = whoever has the link. */
  readonly email: string | null
  readonly role: string
  readonly createdAtUs: number
  readonly expiresAtUs: number
  readonly createdBy: string | null
}

/** `already`: the account is a member, and the invitation stays. */
export type Accepted =
  | { readonly type: 'joined' | 'already'; readonly projectId: string }
  | { readonly type: 'unknown' }

export interface Invitations {
  /** Of a project, the newest first, without those that have expired. */
  list(projectId: string, nowUs: number): Promise<readonly Invitation[]>
  /** 'unknown-role' = the project has no such role. */
  create(invitation: NewInvitation): Promise<'done' | 'unknown-role'>
  remove(projectId: string, id: string): Promise<boolean>
  /** null = unknown, used, withdrawn or expired: nobody can tell which. */
  look(tokenSha256: Uint8Array, nowUs: number): Promise<InvitationLook | null>
  /** Makes the account a member and ends the invitation, in one transaction. */
  accept(tokenSha256: Uint8Array, accountId: string, nowUs: number): Promise<Accepted>
}
