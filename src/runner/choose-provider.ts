import { deviceName, type ProviderChoice } from './execution-provider.ts'
import { isModelFault, providerFault } from './provider-fault.ts'

interface Fault {
  choice: ProviderChoice
  error: unknown
}

/**
 * Makes a session on the first choice that can be had, since onnxruntime does not fall back by itself.
 * @param file what the session is made from, as people know it
 * @param log gets one line when it is not the first choice
 * @throws what was wrong with the model where that is what failed, else an error that names what is not available
 */
export async function createOnFirst<Session>(
  file: string,
  choices: readonly ProviderChoice[],
  create: (choice: ProviderChoice) => Promise<Session>,
  log: (text: string) => void,
): Promise<{ session: Session; choice: ProviderChoice }> {
  const faults: Fault[] = []
  for (const choice of choices)
    try {
      const session = await create(choice)
      if (faults.length > 0) log(`${file} runs on ${deviceName(choice)}: ${listed(faults)}`)
      return { session, choice }
    } catch (error) {
      if (isModelFault(error)) throw error
      faults.push({ choice, error })
    }
  // The CPU is always there, so that what fails on it is the model's fault.
  const onCpu = faults.find(({ choice }) => choice.provider === 'cpu')
  if (onCpu) throw onCpu.error
  throw new Error(
    `${file} cannot run where execution_providers of model.yaml wants it: ${listed(faults)}; ` +
      'add cpu to the list, or let `npm run check:gpu` tell what is missing',
    { cause: faults[0]?.error },
  )
}

function listed(faults: readonly Fault[]): string {
  return faults
    .map(({ choice, error }) => `${deviceName(choice)} is not available (${providerFault(error)})`)
    .join(', ')
}
