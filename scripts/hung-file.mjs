// Loaded before every test file: shortly before the runner ends one that hangs, the file says what it
// still waits for: requests, sockets with their ends, processes it started.
import { isMainThread } from 'node:worker_threads'
import { processesWhere } from './processes.mjs'

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
  const isOurs = status => new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(status)
  for (const { pid, command } of processesWhere('status', isOurs)) {
    console.error(`  started: ${pid} ${command}`)
  }
}
