const GAP = '  '

/**
 * Rows of texts below one another; columns in which nothing stands are left out. What a text holds of line ends and
 * control characters becomes spaces, so that it cannot leave its place.
 */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(onOneLine))
  const widths = clean.reduce<number[]>((widest, row) => {
    for (const [index, text] of row.entries()) widest[index] = Math.max(widest[index] ?? 0, text.length)
    return widest
  }, [])
  return clean.map((row) =>
    row
      .flatMap((text, index) => (widths[index] ? [text.padEnd(widths[index])] : []))
      .join(GAP)
      .trimEnd(),
  )
}

export function onOneLine(text: string): string {
  return text.replace(/[\p{Control}\s]+/gu, ' ').trim()
}
