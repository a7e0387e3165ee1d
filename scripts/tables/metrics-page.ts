import { METRIC_LIST, type MetricDefinition } from '../../src/metrics/definitions.ts'
import { markdownTable } from './markdown-table.ts'

const INTRODUCTION = `# Metrics

What \`/metrics\` tells in Prometheus' format, beside the \`process_*\` and \`nodejs_*\` metrics of prom-client, the lag of the
event loop among them. Times are in seconds, sizes in bytes. Of the models at most 100 are told apart, of the versions
200; the rest counts as \`other\`. This page is written by \`npm run docs\`.
`

/** docs/metrics.md */
export function metricsPage(): string {
  return `${INTRODUCTION}\n${markdownTable(['metric', 'type', 'labels', 'meaning'], METRIC_LIST.map(rowOf))}`
}

function rowOf({ name, type, labels, help }: MetricDefinition): string[] {
  return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]
}
