import { findCudaLibraries } from '../hardware/cuda-libraries.ts'
import { findGpus } from '../hardware/gpus.ts'
import { engineFault, probeEngine } from './engine.ts'
import { type Finding, ok, warning } from './finding.ts'

/** Whether models can run on the GPUs of this machine. */
export async function checkGpus(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const gpus = await findGpus(environment, (reason) =>
    findings.push(
      warning(`the driver of NVIDIA does not answer: ${reason}`, 'see what nvidia-smi says; models run on the CPU'),
    ),
  )
  if (gpus.length === 0) return findings.length > 0 ? findings : [ok('none of NVIDIA; models run on the CPU')]
  const libraries = await findCudaLibraries()
  if (!libraries.ready) return [warning(`${libraries.text}; models run on the CPU`, libraries.advice)]
  for (const { deviceId, name } of gpus) {
    const fault = engineFault(await probeEngine(environment, deviceId))
    findings.push(
      fault === undefined
        ? ok(`cuda:${deviceId} is ${name}, and runs graphs`)
        : warning(
            `cuda:${deviceId} is ${name}, but runs no graph: ${fault}`,
            'npm run check:gpu tells more; models run on the CPU',
          ),
    )
  }
  return findings
}
