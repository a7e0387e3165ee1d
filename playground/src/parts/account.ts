import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Account } from '../api/types.ts'

export const AccountContext = createContext<Account>({ type: 'user', username: '', name: '' })

/** Who is signed in. */
export function useAccount(): Account {
  return useContext(AccountContext)
}
