import { YuksuError } from '../errors.ts'

const advice: Record<string, string> = {
  EACCES: 'permission denied; choose a folder you may write to or change its permissions',
  EPERM: 'permission denied; choose a folder you may write to or change its permissions',
  EROFS: 'the file system is read-only; choose another folder',
  ENOENT: 'its folder does not exist; create the folder first',
  ENOTDIR: 'a part of its path is a file, not a folder; choose another path',
  EISDIR: 'a folder of that name is in the way; choose another name or remove it',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  EFBIG: 'the file would be larger than this system allows; raise the limit or write elsewhere',
  EMFILE: 'too many files are open; close some or raise the limit (ulimit -n)',
  EIO: 'the disk reported an error; write to another disk',
}

/** The system's name of an error, such as `ENOSPC`, or undefined where there is none. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof YuksuError) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * What a person should read when writing `path` failed: `disk-full` where no room is left (or a quota
 * is reached), `cannot-write` for every other refusal of the system. An error that did not come from
 * the system (a bug, an interruption, a `YuksuError`) is given back unchanged.
 */
export function writeError(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `no room left on the disk while writing ${path}; what was there before is unchanged: free some space and try again`
    return new YuksuError('disk-full', message, { cause: error })
  }
  return new YuksuError('cannot-write', `cannot write ${path}: ${advice[code] ?? code}`, { cause: error })
}
