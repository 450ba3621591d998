/** The processes of a server that listens on this machine, by its port, as Linux tells them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTENS = '0A'

/** Who listens on the port, and all that it started; none = nobody does. */
export function processesAt(port: number): readonly number[] {
  const sockets = socketsAt(port)
  const listening = allProcesses().filter(pid => holdsOne(pid, sockets))
  return withChildren(listening)
}

/** Also of one that ended while nobody has taken note: its pid still keeps others from starting. */
export function isThere(pid: number): boolean {
  return parentOf(pid) !== null
}

/** Lines of /proc/net/tcp: address:port in hex, state, and in the tenth column the inode. */
function socketsAt(port: number): ReadonlySet<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = ['tcp', 'tcp6'].flatMap(name => read(`/proc/net/${name}`).split('\n'))
  const columns = lines.map(line => line.trim().split(/\s+/))
  const found = columns.filter(of => of[1]?.endsWith(`:${hex}`) === true && of[3] === LISTENS)
  return new Set(found.map(of => `socket:[${of[9]}]`))
}

function holdsOne(pid: number, sockets: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some(fd => {
      try {
        return sockets.has(readlinkSync(`${folder}/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

function withChildren(pids: readonly number[]): number[] {
  const found = new Set(pids)
  const parents = allProcesses().map(pid => ({ pid, parent: parentOf(pid) }))
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const { pid, parent } of parents) {
      if (parent !== null && found.has(parent)) found.add(pid)
    }
  }
  return [...found]
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0 && pid !== process.pid)
}

/** null = there is none such. Fields as proc(5) numbers them. */
function parentOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`)
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return parent === undefined ? null : Number(parent)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
