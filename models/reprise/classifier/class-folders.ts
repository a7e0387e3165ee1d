/** What a zip shows of its folders: which classes there are, and the files of each. */
export interface ClassFolders {
  /** Paths of its files by label, both sorted. */
  classes: Map<string, string[]>
  /** Files outside of the folders of classes. */
  loose: string[]
}

const LEFT_BY_SYSTEMS = new Set(['__MACOSX', 'Thumbs.db', 'desktop.ini'])

/**
 * Folders are classes, with all that lies below them. One that alone holds all the others is their wrapping. What
 * starts with a dot, and what systems leave behind, is passed over.
 * @param paths of files, with slashes
 */
export function classFolders(paths: readonly string[]): ClassFolders {
  const visible = paths.filter((path) => !path.split('/').some(isHidden)).sort()
  const depth = wrappingDepth(visible)
  const classes = new Map<string, string[]>()
  const loose: string[] = []
  for (const path of visible) {
    const folders = path.split('/').slice(0, -1)
    const label = folders[depth]?.normalize('NFC')
    if (label === undefined) loose.push(path)
    else if (!classes.get(label)?.push(path)) classes.set(label, [path])
  }
  return { classes: new Map([...classes].sort(([some], [other]) => (some < other ? -1 : 1))), loose }
}

function isHidden(part: string): boolean {
  return part.startsWith('.') || LEFT_BY_SYSTEMS.has(part)
}

/** How many folders, each alone in the one before, lie round the folders of the classes. */
function wrappingDepth(paths: readonly string[]): number {
  for (let depth = 0; ; depth += 1) {
    const folders = new Set(
      paths.map((path) => path.split('/').slice(0, -1)[depth]).filter((name) => name !== undefined),
    )
    const holdsFolders = paths.some((path) => path.split('/').length > depth + 2)
    if (folders.size !== 1 || !holdsFolders) return depth
  }
}
