/** What people write about themselves, as it is taken. */
import { z } from 'zod/v4'

const EMAIL_CHARS_MAX = 254
const EMAIL = /^[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]+@[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]+$/u
/** Control characters, and those that turn the direction of the text around them. */
const UNPRINTABLE = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u

export const email = z
  .string()
  .trim()
  .max(EMAIL_CHARS_MAX)
  .regex(EMAIL, 'expected an address such as ada@example.org')
  .transform(text => text.normalize('NFC').toLowerCase())

export const personName = z
  .string()
  .trim()
  .min(1, 'expected a name')
  .max(100)
  .refine(text => !UNPRINTABLE.test(text), 'expected a name without control characters')

/** Anything: rules are for new ones, and a wrong one says nothing. The door's limit bounds it. */
export const password = z.string()

/** Seconds from now. */
export const expiresIn = z.number().int().min(1).max(1e9)
