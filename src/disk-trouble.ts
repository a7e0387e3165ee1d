import { errorCode } from './error-code.ts'

const CODES: unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE']

/** Whether something failed because the disk takes no more at the moment, and not because it was wrong. */
export function isDiskTrouble(error: unknown): boolean {
  return CODES.includes(errorCode(error))
}
