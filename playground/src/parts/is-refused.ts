import { Refusal } from '../api/call.ts'

export function isRefused(error: unknown, status: number): boolean {
  return error instanceof Refusal && error.status === status
}
