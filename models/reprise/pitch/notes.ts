import { HOP_SECONDS } from './frames.ts'
import { frequencyOf, noteName } from './note-name.ts'
import type { FramePitch } from './pitch-network.ts'

export interface Note {
  /** In seconds, both. */
  time: number
  duration: number
  /** In Hz. */
  frequency: number
  note: string
  confidence: number
}

export interface NoteLimits {
  minConfidence: number
  /** In seconds. */
  minDuration: number
}

// A note holds what stays this near to its mean, in semitones.
const NEAR = 0.6
// A gap of fewer frames than this does not end a note.
const PATIENCE = 3
// To each side of a frame. A median over 13 frames takes most of a vibrato away, which goes to and fro in about 17, and
// keeps the steps between notes of 8.
const AROUND = 6

/** Joins what was heard from moment to moment into notes, in order. */
export function joinNotes(frames: readonly FramePitch[], { minConfidence, minDuration }: NoteLimits): Note[] {
  const moments = steadied(frames.map((frame) => (frame.confidence >= minConfidence ? frame : undefined)))
  const notes: Note[] = []
  for (let start = 0; start < moments.length; ) {
    const held = holdNote(moments, start)
    const note = held && noteOf(held, start)
    if (note && note.duration >= minDuration) notes.push(note)
    start = held ? held.end : start + 1
  }
  return notes
}

/** A frame that holds a tone. */
interface Moment extends FramePitch {
  /** Pitch without vibrato and slips. */
  steady: number
}

function steadied(frames: (FramePitch | undefined)[]): (Moment | undefined)[] {
  return frames.map((frame, index) => {
    const around = frames.slice(Math.max(0, index - AROUND), index + AROUND + 1)
    return frame ? { ...frame, steady: median(around.flatMap((near) => near?.pitch ?? [])) } : undefined
  })
}

interface Held {
  moments: Moment[]
  /** Index after its last frame. */
  end: number
}

/** The note that begins with the frame at `start`, if one does. */
function holdNote(moments: (Moment | undefined)[], start: number): Held | undefined {
  const held: Moment[] = []
  let end = start
  let sum = 0
  for (let index = start; index < moments.length && index < end + PATIENCE; index++) {
    const moment = moments[index]
    if (moment && (held.length === 0 || Math.abs(moment.steady - sum / held.length) <= NEAR)) {
      held.push(moment)
      sum += moment.steady
      end = index + 1
    } else if (held.length === 0) return
  }
  return { moments: held, end }
}

/** A frame stands for the time half a hop before and after its moment. */
function noteOf({ moments, end }: Held, start: number): Note {
  const time = Math.max(0, start - 0.5) * HOP_SECONDS
  const pitch = median(moments.map((moment) => moment.pitch))
  const confidence = moments.reduce((sum, moment) => sum + moment.confidence, 0) / moments.length
  return {
    time: rounded(time, 3),
    duration: rounded((end - 0.5) * HOP_SECONDS - time, 3),
    frequency: rounded(frequencyOf(pitch), 1),
    note: noteName(pitch),
    confidence: rounded(confidence, 3),
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
