/** Labels as people write them: `name=text`, one a line. */
export type Labels = Readonly<Record<string, string>>

export function printLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, text]) => `${name}=${text}`)
    .join('\n')
}

/** Lines without `=` are left out: labelsProblem tells of them. */
export function readLabels(text: string): Labels {
  const lines = text.split('\n').filter(line => line.includes('='))
  return Object.fromEntries(
    lines.map(line => {
      const at = line.indexOf('=')
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

export function labelsProblem(text: string): string | null {
  const line = text.split('\n').find(each => each.trim() !== '' && !each.includes('='))
  return line === undefined ? null : `“${line.trim()}” is no name=text`
}
