import { messageOf } from '../api/call.ts'

/** Says why something is not there, and offers to try again. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{messageOf(error)}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}
