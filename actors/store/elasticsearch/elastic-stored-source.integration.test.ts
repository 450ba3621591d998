import { elasticHistories } from './testing/elastic-suite.ts'

elasticHistories({ mode: 'standard', source: 'stored' })
