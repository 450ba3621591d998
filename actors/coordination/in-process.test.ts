import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { InProcessCoordination } from './in-process.ts'
import { coordinationSuite } from './testing/coordination-suite.ts'

coordinationSuite('in-process', async body => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  const pass = async (ms: number): Promise<void> => clock.advance(ms)
  await body({ processes: [coordination, coordination], pass, bucket: 'p' })
  await coordination.close()
})
