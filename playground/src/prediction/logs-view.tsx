import { useEffect, useRef } from 'preact/hooks'

/** Logs that follow their end, unless somebody reads further up. */
export function LogsView({ logs }: { logs: string }) {
  const place = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  useEffect(() => {
    const element = place.current
    if (element && follows.current) element.scrollTop = element.scrollHeight
  }, [logs])
  if (logs === '') return null
  return (
    <>
      <h3>Logs</h3>
      <pre
        ref={place}
        class="logs"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollTop + clientHeight >= scrollHeight - 8
        }}
      >
        {logs}
      </pre>
    </>
  )
}
