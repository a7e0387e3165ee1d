import { parentPort, workerData } from 'node:worker_threads'
import { errorCode } from '../error-code.ts'
import { messageOf } from '../errors.ts'
import { type StageOptions, stageBackup } from './stage-backup.ts'

/** What became of it: null when all is gathered. */
export type StageResult = null | { code: string; message: string }

const options: StageOptions = workerData

async function stage(): Promise<StageResult> {
  try {
    await stageBackup(options)
    return null
  } catch (error) {
    return { code: errorCode(error) ?? '', message: messageOf(error) }
  }
}

parentPort?.postMessage(await stage())
