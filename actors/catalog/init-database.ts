/**
 * Run as a program of its own: makes an empty embedded database in the folder named by its
 * argument, or where the one lies that is copied. PGlite's initdb needs half a gigabyte for a
 * moment, which the server would never give back.
 */
import { PGlite } from '@electric-sql/pglite'
import { emptyDatabaseFolder } from './embedded-folder.ts'

const [folder = emptyDatabaseFolder()] = process.argv.slice(2)
const database = await PGlite.create(folder)
await database.close()
