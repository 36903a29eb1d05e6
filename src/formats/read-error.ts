import { YuksuError } from '../errors.ts'
import { systemCode } from './write-error.ts'

const advice: Record<string, string> = {
  EACCES: 'permission denied; change its permissions',
  EPERM: 'permission denied; change its permissions',
  EISDIR: 'it is a folder; give a file',
  EMFILE: 'too many files are open; close some or raise the limit (ulimit -n)',
  EIO: 'the disk reported an error',
}

/**
 * What a person should read when reading `path` failed: `missing-file` where there is none,
 * `cannot-read` for every other refusal of the system. Other errors are given back unchanged.
 */
export function readError(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new YuksuError('missing-file', `there is no file ${path}; check the path`, { cause: error })
  }
  return new YuksuError('cannot-read', `cannot read ${path}: ${advice[code] ?? code}`, { cause: error })
}
