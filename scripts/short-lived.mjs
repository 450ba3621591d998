// Preloaded into whatever tests start: a server or catalog of a test lives for seconds, and the
// optimising compiler of WebAssembly would take a fifth of its CPU for a database that is gone then.
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--liftoff-only')
