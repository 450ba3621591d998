import { elasticSuite } from './testing/elastic-suite.ts'

elasticSuite({ mode: 'standard', source: 'stored' })
