import type { Random } from '#runtime/index.ts'

const CHARS = 'abcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 12

export function mintRuleId(random: Random): string {
  return Array.from({ length: LENGTH }, () => CHARS[random.below(CHARS.length)]).join('')
}
