import { AppError } from '../errors.ts'
import { isDeeper } from '../is-deeper.ts'

/** Far below what writing a value as JSON can take, with the envelope and the stack around it. */
const DEEPEST = 500

/** @throws AppError `invalid` for arrays and objects within one another that could not be written again. */
export function assertShallow(body: unknown): void {
  if (isDeeper(body, DEEPEST))
    throw new AppError('invalid', `The body nests arrays and objects more than ${DEEPEST} deep`)
}
