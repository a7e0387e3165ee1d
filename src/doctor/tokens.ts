import { Operators } from '../accounts/operators.ts'
import { Tokens } from '../accounts/tokens.ts'
import type { Config } from '../config.ts'
import { type Finding, ok, warning } from './finding.ts'

export interface TokenFacts {
  open: boolean
  finding: Finding
}

/** @param stored of each token of the database the account; undefined where it cannot be read */
export function checkTokens(
  { apiTokens, operators }: Pick<Config, 'apiTokens' | 'operators'>,
  stored: readonly string[] | undefined,
): TokenFacts {
  const configured = new Tokens(apiTokens)
  if (!stored)
    return {
      open: false,
      finding: warning(
        `${configured.configured} in REPRISE_API_TOKENS; those of the database cannot be read`,
        'mend the database first',
      ),
    }
  const accounts = [...(configured.open ? [] : configured.accounts), ...stored.map((username) => ({ username }))]
  if (accounts.length === 0) return { open: true, finding: ok('none: the server is open to everybody on this machine') }
  const known = new Operators(operators)
  const count = `${configured.configured} in REPRISE_API_TOKENS, ${stored.length} in the database`
  return {
    open: false,
    finding: accounts.some((account) => known.includes(account))
      ? ok(count)
      : warning(
          `${count}, and none of an operator: nobody can make others, push code or see all runners`,
          'name one of their accounts in REPRISE_OPERATORS, or add a token of local to REPRISE_API_TOKENS',
        ),
  }
}
