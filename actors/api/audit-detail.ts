/** What of a request goes into the audit log: what was asked, without what is secret or long. */

/** The `invitation` of a sign-up is the link itself; as part of a path it is an id, and stays. */
const SECRET = /password|token|secret|current|next|records|base64|^invitation$/i
const TEXT_CHARS_MAX = 500
const LIST_MAX = 50

export function auditDetail(
  body: unknown,
  query: unknown,
  parts: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const { id: _, ...named } = parts
  return { ...named, ...plain(query), ...plain(body) }
}

function plain(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const members = Object.entries(value).filter(
    ([name, member]) => member !== undefined && name !== 'project' && !SECRET.test(name),
  )
  return Object.fromEntries(members.map(([name, member]) => [name, short(member)]))
}

function short(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, TEXT_CHARS_MAX)
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(short)
  if (typeof value !== 'object' || value === null) return value
  const text = JSON.stringify(value)
  return text.length <= TEXT_CHARS_MAX ? plain(value) : text.slice(0, TEXT_CHARS_MAX)
}
