import { existsSync } from 'node:fs'
import { join } from 'node:path'

const TRAIN_ENTRIES = ['train.ts', 'train.js']

/** Whether a file of a package, by its name, trains it instead of predicting. */
export function isTrainEntry(entry: string): boolean {
  return TRAIN_ENTRIES.includes(entry)
}

/** The file that trains a package; undefined where it cannot be trained. */
export function findTrainEntry(dir: string): string | undefined {
  return TRAIN_ENTRIES.find((entry) => existsSync(join(dir, entry)))
}
