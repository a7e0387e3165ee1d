const NAMES = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B']

/** Name of the nearest note of equal temperament, such as `C#3`; MIDI number 69 is A4. */
export function noteName(midi: number): string {
  const nearest = Math.round(midi)
  return `${NAMES[((nearest % 12) + 12) % 12]}${Math.floor(nearest / 12) - 1}`
}

/** In Hz; A4 is 440. */
export function frequencyOf(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12)
}
