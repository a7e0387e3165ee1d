import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'
import { FRAME } from './frames.ts'

/** What is heard around one moment. */
export interface FramePitch {
  /** MIDI number; 69 is A4, and a whole number is a note of equal temperament. */
  pitch: number
  /** From 0 to 1, that there is a tone and that this is its pitch. */
  confidence: number
}

// Root mean square of a frame; 60 dB below full scale.
const SILENCE = 0.001
const PITCHES = 336
const LOWEST_PITCH = 30
const PITCHES_PER_SEMITONE = 5
// The pitch is the average over the likeliest one and so many to each side.
const REACH = 4

/** The pitch of each frame of 16 kHz sound. */
export async function guess(network: InferenceSession, frames: readonly Float32Array[]): Promise<FramePitch[]> {
  const data = new Float32Array(frames.length * FRAME)
  for (const [index, frame] of frames.entries()) data.set(frame, index * FRAME)
  const { pitch, voiced } = await network.run({ frames: new Tensor('float32', data, [frames.length, FRAME]) })
  if (!(pitch?.data instanceof Float32Array && voiced?.data instanceof Float32Array))
    throw new TypeError('The network gave no pitch')
  const [pitches, probabilities] = [pitch.data, voiced.data]
  return frames.map((frame, index) => {
    const { place, share } = peakOf(pitches.subarray(index * PITCHES, (index + 1) * PITCHES))
    return {
      pitch: LOWEST_PITCH + place / PITCHES_PER_SEMITONE,
      confidence: isSilent(frame) ? 0 : (probabilities[index] ?? 0) * share,
    }
  })
}

/** Where the likeliest pitch is, between the bins, and the share that it and its neighbours have of the whole. */
function peakOf(probabilities: Float32Array): { place: number; share: number } {
  let best = 0
  for (const [bin, probability] of probabilities.entries()) if (probability > (probabilities[best] ?? 0)) best = bin
  let [share, moment] = [0, 0]
  for (let bin = Math.max(0, best - REACH); bin <= Math.min(PITCHES - 1, best + REACH); bin++) {
    const probability = probabilities[bin] ?? 0
    share += probability
    moment += probability * bin
  }
  return { place: moment / share, share: Math.min(1, share) }
}

function isSilent(frame: Float32Array): boolean {
  return Math.sqrt(frame.reduce((sum, sample) => sum + sample ** 2, 0) / frame.length) < SILENCE
}
