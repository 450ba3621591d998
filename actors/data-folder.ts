/** The folder in which a server keeps everything. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

export class DataFolderError extends Error {
  readonly code: 'LOGBOY_DATA_IN_USE' | 'LOGBOY_DATA_UNUSABLE'

  constructor(code: 'LOGBOY_DATA_IN_USE' | 'LOGBOY_DATA_UNUSABLE', message: string) {
    super(message)
    this.code = code
  }
}

/** Makes the folder, and those above it, if need be. Throws LOGBOY_DATA_UNUSABLE. */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    throw unusable(folder, error)
  }
}

export function unusable(folder: string, error: unknown): DataFolderError {
  const { code, message } = error as NodeJS.ErrnoException
  const detail = `${folder} cannot be written: ${code ?? message}`
  return new DataFolderError('LOGBOY_DATA_UNUSABLE', detail)
}

/** Not mkdir's `recursive`: below a file system that makes no folders (/proc) it never ends. */
function makeFolder(folder: string): void {
  const parent = dirname(folder)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || existsSync(parent)) throw error
    makeFolder(parent)
    makeFolder(folder)
  }
}
