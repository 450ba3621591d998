import { elasticSuite } from './testing/elastic-suite.ts'

elasticSuite({ mode: 'logsdb', source: 'synthetic' })
