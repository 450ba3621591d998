// Other processes of this machine, as Linux tells them; elsewhere there are none.
import { readdirSync, readFileSync } from 'node:fs'

/** Those of which `holds` is true of what a file of /proc has; who ends meanwhile is left out. */
export function processesWhere(file, holds) {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').filter(
    name => /^\d+$/.test(name) && Number(name) !== process.pid,
  )
  return pids.flatMap(pid => {
    try {
      if (!holds(readFileSync(`/proc/${pid}/${file}`, 'utf8'))) return []
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return [{ pid: Number(pid), command }]
    } catch {
      return []
    }
  })
}
