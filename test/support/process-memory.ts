import { readFileSync } from 'node:fs'

/** What a process holds in memory, in MiB. */
export function residentMebibytes(pid: number | undefined): number {
  return mebibytesOf(pid, 'VmRSS')
}

/** The most that a process has ever held, in MiB. */
export function peakMebibytes(pid: number | undefined): number {
  return mebibytesOf(pid, 'VmHWM')
}

function mebibytesOf(pid: number | undefined, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024)
}
