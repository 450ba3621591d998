import type { ChildProcess } from 'node:child_process'

/** Whoever started a server and ends, ends it: nobody else would. */
export function endsWithUs(child: ChildProcess): ChildProcess {
  const leave = (): boolean => child.kill('SIGKILL')
  process.once('exit', leave)
  child.once('exit', () => process.off('exit', leave))
  return child
}
