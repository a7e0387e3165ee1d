import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call, messageOf, pathOf } from '../api/call.ts'
import type { Page } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failure } from './failure.tsx'

interface PagesOfProps<Item> {
  /** Where the first page is. */
  path: string
  empty: string
  children(items: readonly Item[], again: () => void): ComponentChildren
}

/** A list that the server gives in pages: the first, and more on demand. */
export function PagesOf<Item>({ path, empty, children }: PagesOfProps<Item>) {
  const first = useAnswer<Page<Item>>(path)
  const [more, setMore] = useState<readonly Page<Item>[]>([])
  const [trouble, setTrouble] = useState<string>()
  useEffect(() => setMore([]), [path, first.state])
  if (first.state === 'asked') return <p class="note">Loading…</p>
  if (first.state === 'failed') return <Failure error={first.error} again={first.again} />
  const pages = [first.value, ...more]
  const next = pages.at(-1)?.next
  const items = pages.flatMap(({ results }) => results)
  if (items.length === 0) return <p>{empty}</p>
  return (
    <>
      {children(items, first.again)}
      {next && (
        <button
          type="button"
          onClick={() =>
            call<Page<Item>>('GET', pathOf(next)).then(
              (page) => setMore((before) => [...before, page]),
              (error) => setTrouble(messageOf(error)),
            )
          }
        >
          More
        </button>
      )}
      {trouble && <p class="error">{trouble}</p>}
    </>
  )
}
