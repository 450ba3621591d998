/** Sorts by time; `random` keeps two of one microsecond apart. */
export function sortableId(atUs: number, random: Uint8Array): string {
  const time = Math.max(0, atUs).toString(36).padStart(11, '0')
  return `${time}-${Buffer.from(random).toString('hex')}`
}
