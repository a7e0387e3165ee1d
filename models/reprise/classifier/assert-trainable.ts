import type { ClassFolders } from './class-folders.ts'
import { grouped, LONGEST_LABEL, MOST_CLASSES, MOST_PICTURES } from './limits.ts'

/** @throws when the folders of a zip are not classes to be told apart, or too many of them */
export function assertTrainable({ classes }: ClassFolders, name: string): void {
  const labels = [...classes.keys()]
  const files = [...classes.values()].reduce((sum, paths) => sum + paths.length, 0)
  if (labels.length === 0)
    throw new Error(`${name} holds no folders with pictures. Put the pictures of each class into a folder of its name`)
  if (labels.length === 1)
    throw new Error(
      `${name} holds only one class, ${labels[0]}. Put the pictures of each class into a folder of its name, two or ` +
        `more side by side`,
    )
  if (labels.length > MOST_CLASSES)
    throw new Error(
      `${name} holds ${grouped(labels.length)} classes, and may hold at most ${MOST_CLASSES}. Leave some out`,
    )
  if (files > MOST_PICTURES)
    throw new Error(
      `${name} holds ${grouped(files)} pictures, and may hold at most ${grouped(MOST_PICTURES)}. Leave some out; a ` +
        `hundred of each class are plenty`,
    )
  const odd = labels.find((label) => label.length > LONGEST_LABEL || /\p{Cc}/u.test(label))
  if (odd !== undefined)
    throw new Error(
      `${name} holds a folder whose name cannot be a label: ${JSON.stringify(odd.slice(0, LONGEST_LABEL))}. Rename it, ` +
        `with at most ${LONGEST_LABEL} characters and none that control a terminal`,
    )
}
