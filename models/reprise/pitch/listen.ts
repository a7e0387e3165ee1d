import type { InferenceSession } from 'onnxruntime-common'
import { countFrames, framesOf, SAMPLE_RATE } from './frames.ts'
import { type FramePitch, guess } from './pitch-network.ts'
import { Resampled } from './resample.ts'
import type { Sound } from './wav.ts'

// About 20 MB in the network.
const FRAMES_AT_ONCE = 128

/** Hears a sound from moment to moment, `HOP_SECONDS` apart. */
export async function listenTo(sound: Sound, network: InferenceSession, signal: AbortSignal): Promise<FramePitch[]> {
  const resampled = new Resampled(sound, SAMPLE_RATE)
  const count = countFrames(resampled)
  const heard: FramePitch[] = []
  while (heard.length < count) {
    signal.throwIfAborted()
    const frames = framesOf(resampled, heard.length, Math.min(FRAMES_AT_ONCE, count - heard.length))
    heard.push(...(await guess(network, frames)))
  }
  return heard
}
