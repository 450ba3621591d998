const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

/** One form for one address: IPv4 dotted (also where it came mapped into IPv6), IPv6 compressed. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const text = address.replace(/%.*$/, '')
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)
  if (dotted !== null) return dotted[1] as string
  if (!URL.canParse(`http://[${text}]`)) return address
  const compressed = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const mapped = MAPPED.exec(compressed)
  if (mapped === null) return compressed
  const [high, low] = [mapped[1], mapped[2]].map(group => Number.parseInt(group as string, 16))
  return [high, low].flatMap(group => [(group as number) >> 8, (group as number) & 0xff]).join('.')
}
