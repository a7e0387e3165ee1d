import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import { isFile, isSecret, placeFinder } from './input-places.ts'
import { inputValidator } from './input-validation.ts'
import type { OpenapiSchema } from './openapi-schema.ts'
import type { Callable } from './version.ts'

/** How a version is trained: by another file of the same package, in processes of its own that nobody keeps loaded. */
export function trainingRunnable(runnable: RunnableVersion, entry: string): RunnableVersion {
  return {
    ...runnable,
    trains: true,
    package: { ...runnable.package, entry },
    batches: false,
    run: { ...runnable.run, minReplicas: 0 },
  }
}

/** What clients can train; undefined where the version has nothing that trains it. */
export function trainingOf({ training }: RunnableVersion, schema: OpenapiSchema): Callable | undefined {
  if (!training) return
  return {
    validateInput: inputValidator(schema, 'TrainingInput'),
    findFiles: placeFinder(schema, isFile, 'TrainingInput'),
    findSecrets: placeFinder(schema, isSecret, 'TrainingInput'),
    streams: false,
    streamsFiles: false,
    runnable: training,
  }
}
