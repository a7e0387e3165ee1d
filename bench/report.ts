export function title(text: string): void {
  process.stdout.write(`\n${text}\n`)
}

export function line(name: string, ...values: string[]): void {
  process.stdout.write(`  ${name.padEnd(44)}${values.map((value) => ` ${value.padStart(15)}`).join('')}\n`)
}

export const ratio = (value: number) => value.toFixed(2)
export const ms = (value: number) => `${value.toFixed(2)} ms`
export const rate = (value: number) => `${Math.round(value)}/s`

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

export function percentile(values: readonly number[], percent: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length * percent) / 100)] ?? Number.NaN
}
