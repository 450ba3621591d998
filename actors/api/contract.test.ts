import { DRIVERS } from '#actors/http/testing/drivers.ts'
import { contractSuite } from './testing/contract-suite.ts'

for (const driver of DRIVERS) contractSuite(driver, { flags: { 'http-driver': driver } })
