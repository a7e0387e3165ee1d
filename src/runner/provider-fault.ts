import { messageOf } from '../errors.ts'

/** Whether it is the file that cannot be read, which no other provider would mend. */
export function isModelFault(error: unknown): boolean {
  return /^Load model from /.test(messageOf(error))
}

/** The place in onnxruntime's sources and the condition that was broken, which come before what they mean. */
const PREAMBLE = /^.*(?: was false\. |(?=\b(?:CUDA|CUDNN|CUBLAS) failure ))/
/** Which machine it was, which is nobody's business. */
const CIRCUMSTANCES = / ; GPU=.*$/
const ABSOLUTE_PATH = /(?<=^|[\s'"(=])\/(?:[^\s/'":]+\/)*([^\s/'":]+)/g

/** Why a provider cannot be had: one line, without the paths of this machine. */
export function providerFault(error: unknown): string {
  const [line = ''] = messageOf(error).trim().split('\n')
  return line.replace(PREAMBLE, '').replace(CIRCUMSTANCES, '').replace(ABSOLUTE_PATH, '$1')
}
