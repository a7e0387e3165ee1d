import { errors } from 'undici'
import { AppError, messageOf } from '../errors.ts'

/** Says in a clause that can follow a colon why a request did not get through; what is said already stays as it is. */
export function networkTrouble(error: unknown, { hostname }: URL): AppError {
  return error instanceof AppError ? error : new AppError('unavailable', describe(error, hostname), { cause: error })
}

function describe(error: unknown, hostname: string): string {
  if (error instanceof errors.HTTPParserError) return 'the server does not speak proper HTTP'
  const code = codeOf(error)
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return `the name ${hostname} cannot be resolved`
    case 'ECONNREFUSED':
      return 'the connection was refused'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'the server cannot be reached'
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'the server did not answer in time'
    case 'UND_ERR_BODY_TIMEOUT':
      return 'the server stopped sending'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'the server closed the connection too early'
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'the server does not speak proper HTTP'
    case 'EPROTO':
      return 'the server does not speak TLS'
  }
  if (code.startsWith('ERR_SSL_')) return 'the server does not speak TLS'
  return `the request failed: ${messageOf(error)}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
