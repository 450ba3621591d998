/**
 * Run as a program of its own: makes an empty embedded database in the folder named by its
 * argument. PGlite's initdb needs half a gigabyte for a moment, which the server would never give
 * back.
 */
import { PGlite } from '@electric-sql/pglite'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('a folder is needed')
const database = await PGlite.create(folder)
await database.close()
