/** The results as lines of a terminal and as Markdown tables. */

import type { Compared } from './compare.ts'
import type { Flooded } from './flood.ts'
import type { ComparedLatency } from './latency.ts'
import type { Carrying } from './load.ts'
import type { HttpResults, Machine, MicroResults } from './results.ts'
import type { Step } from './steps.ts'
import { variantNamed } from './variants/all.ts'

const CARRYING: Readonly<Record<Carrying, string>> = {
  connection: 'one per connection',
  rotating: 'rotating',
}

export function comparedLine(compared: Compared): string {
  return line([...comparedCells(compared), ...cpuCells(compared)])
}

export function latencyLine(compared: ComparedLatency): string {
  const { latency } = compared
  return line([...latencyCells(compared), `${milliseconds(latency.variant)} and ${milliseconds(latency.of)}`])
}

export function floodedLine(flooded: Flooded): string {
  return line(floodedCells(flooded))
}

export function stepLine(step: Step): string {
  return line(stepCells(step))
}

export function httpTable({ machine, load, compared, latency = [], flood }: HttpResults): string {
  const rows = [...latency.map(latencyCells), ...(flood === null ? [] : [floodedCells(flood)])]
  return [
    `${machineLine(machine)}; load by ${load}.`,
    '',
    table(
      ['variant', 'tokens', 'of', 'slices', 'ratio: median (95 % interval)', 'by processor time', 'at least'],
      compared.map(comparedCells),
    ),
    ...(rows.length === 0
      ? []
      : [
          '',
          table(['measure', 'slices', 'ratio: median (95 % interval)', 'requests a second', 'at most'], rows),
        ]),
  ].join('\n')
}

export function microTable({ machine, steps }: MicroResults): string {
  return [`${machineLine(machine)}.`, '', table(['step', 'measured', 'at most'], steps.map(stepCells))].join(
    '\n',
  )
}

function comparedCells({
  variant,
  of,
  carrying,
  slices,
  ratio,
  byProcessorTime,
  target,
}: Compared): string[] {
  return [
    variantNamed(variant).title,
    CARRYING[carrying],
    variantNamed(of).title,
    String(slices),
    interval(ratio),
    figure(byProcessorTime),
    target === undefined ? '' : verdict(figure(target), ratio.low >= target),
  ]
}

function cpuCells({ cpuPerRequest }: Compared): string[] {
  if (cpuPerRequest === undefined) return []
  return [`CPU per request ${cpuPerRequest.variant.toFixed(1)} and ${cpuPerRequest.of.toFixed(1)} µs`]
}

const LATENCY: Readonly<Record<ComparedLatency['measure'], string>> = {
  p99: 'p99 with 50 connections',
  single: 'latency of one connection',
}

function latencyCells({ measure, variant, of, slices, ratio, perSecond, target }: ComparedLatency): string[] {
  return [
    `${LATENCY[measure]}: ${variantNamed(variant).title}, relative to ${variantNamed(of).title}`,
    String(slices),
    interval(ratio),
    perSecond.toLocaleString('en'),
    target === undefined ? '' : verdict(figure(target), ratio.high <= target),
  ]
}

function floodedCells({ slices, ratio, perSecond, target }: Flooded): string[] {
  return [
    'p99 of a valid client while half of the load has invalid signatures, relative to a load without',
    String(slices),
    interval(ratio),
    perSecond.toLocaleString('en'),
    verdict(figure(target), ratio.high <= target),
  ]
}

function stepCells({ title, value, unit, target }: Step): string[] {
  return [
    title,
    `${amount(value)} ${unit}`,
    target === undefined ? '' : verdict(`${amount(target)} ${unit}`, value <= target),
  ]
}

function interval({ median, low, high }: Compared['ratio']): string {
  return `${figure(median)} (${figure(low)} to ${figure(high)})`
}

function verdict(target: string, reached: boolean): string {
  return `${target}: ${reached ? 'reached' : 'missed'}`
}

/** Two or three significant digits. */
function figure(ratio: number): string {
  if (ratio < 0.1) return ratio.toFixed(3)
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)
}

function milliseconds(value: number): string {
  return `${value.toFixed(3)} ms`
}

function line(cells: readonly string[]): string {
  return cells.filter((cell) => cell !== '').join('  ')
}

function amount(value: number): string {
  return value < 10 ? value.toFixed(2).replace(/\.?0+$/, '') : Math.round(value).toLocaleString('en')
}

function machineLine({ processor, cores, node }: Machine): string {
  return `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}, Node.js ${node.slice(1)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
