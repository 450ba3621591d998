/**
 * Texts that others wrote — logs, queries, answers of receivers — and that are kept when nobody is
 * there any more who could be refused. PostgreSQL has no place for NUL, and jsonb none for half a
 * surrogate pair: one such text must not keep all that is written with it from being kept.
 */

const IN_PLACE = '\ufffd'

/** For a column of type text. */
export function storableText(text: string): string {
  return text.replaceAll('\0', IN_PLACE)
}

/** JSON for a column of type jsonb, of keys as of values. */
export function storableJson(value: unknown): string {
  // JSON.stringify escapes both; a backslash of the text itself comes as two.
  return JSON.stringify(value).replaceAll(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, escape =>
    escape.length > 2 ? IN_PLACE : escape,
  )
}
