/**
 * What a route says of itself: requests are checked by it, and the OpenAPI document is made of it,
 * so neither can differ from the other.
 */
import type { z } from 'zod/v4'
import type { Permission } from '#proto/permissions.ts'
import type { ProblemCode } from './problem-codes.ts'

/** Who may call a route. */
export type RouteCaller =
  | 'anyone'
  /** A key with the scope `ingest`. */
  | 'sender'
  /** Who may do what it `needs` in a project: by a role there, or a key with the scope `read`. */
  | 'member'
  /** Whoever is signed in, or has a key with that scope. */
  | 'caller'
  /** Whoever is signed in, or the administrator's token. */
  | 'person'
  /** An administrator's account, or the administrator's token. */
  | 'administrator'
  /** A page of this very origin. */
  | 'page'

export interface AnswerAbout {
  readonly description: string
  /** 'application/json' unless given. */
  readonly mediaType?: string
  /** null = nothing, or nothing that a schema could describe. */
  readonly schema: z.ZodType | null
}

export interface BodyAbout {
  /** By media type. */
  readonly content: Readonly<Record<string, z.ZodType>>
  readonly required: boolean
}

export interface ParameterAbout {
  readonly in: 'path' | 'header'
  readonly name: string
  readonly description: string
  readonly required: boolean
}

export interface RouteAbout {
  /** Group of routes in the document. */
  readonly tag: RouteTag
  /** One line. */
  readonly summary: string
  readonly description?: string
  readonly who: RouteCaller
  /** Of a member; null = being one is enough. */
  readonly needs?: Permission | null
  /** Beside those of the query. */
  readonly parameters?: readonly ParameterAbout[]
  readonly query?: z.ZodObject
  readonly body?: BodyAbout
  readonly answers: Readonly<Record<number, AnswerAbout>>
  readonly problems: readonly ProblemCode[]
}

/** In the order of the document. */
export const ROUTE_TAGS = {
  ingest: 'Sending logs',
  logs: 'Finding logs',
  metrics: 'Numbers about logs',
  alerts: 'Alert rules, and what they say',
  projects: 'Projects and their keys',
  accounts: 'People and their tokens',
  sessions: 'Signing in',
  system: 'Running the server',
} as const
export type RouteTag = keyof typeof ROUTE_TAGS
