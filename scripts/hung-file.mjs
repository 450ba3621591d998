// Loaded before every test file: shortly before the runner ends one that hangs, the file says what it
// still waits for: requests, sockets with their ends, processes it started.
import { readdirSync, readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const toldAtMs = Number(process.env.LOGBOY_TEST_TELL_MS)
if (isMainThread && toldAtMs > 0) setTimeout(tell, toldAtMs).unref()

function tell() {
  // Addresses, not names: looking those up may take longer than is left.
  process.report.excludeNetwork = true
  const report = process.report.getReport()
  const open = report.libuv.filter(({ is_active, is_referenced }) => is_active && is_referenced)
  console.error(`hangs: ${process.argv[1]}, after ${toldAtMs / 1000} s`)
  console.error(`  waits for: ${process.getActiveResourcesInfo().join(' ')}`)
  for (const { type, localEndpoint, remoteEndpoint, pid, fd } of open) {
    console.error(`  ${type} ${JSON.stringify({ fd, pid, localEndpoint, remoteEndpoint })}`)
  }
  for (const child of children()) console.error(`  started: ${child}`)
}

/** What this process started and still runs; Linux tells. */
function children() {
  try {
    const own = readdirSync('/proc').filter(
      name => /^\d+$/.test(name) && parent(name) === process.pid,
    )
    return own.map(pid => `${pid} ${commandOf(pid)}`)
  } catch {
    return []
  }
}

function parent(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1])
  } catch {
    return undefined
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
