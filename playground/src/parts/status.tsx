/** The state of a prediction or a runner. */
export function Status({ status }: { status: string }) {
  return (
    <span class="status" data-status={status}>
      {status}
    </span>
  )
}
