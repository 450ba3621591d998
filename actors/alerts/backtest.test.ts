import { RunningServer } from '#actors/testing/running-server.ts'
import { backtestSuite } from './testing/backtest-suite.ts'

backtestSuite('Parquet', () => RunningServer.start())
