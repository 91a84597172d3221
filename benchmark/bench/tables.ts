/** The results as lines of a terminal and as Markdown tables. */

import type { Compared } from './compare.ts'
import { FLOOD_TARGET } from './comparisons.ts'
import type { Flooded } from './flood.ts'
import type { Carrying } from './load.ts'
import type { HttpResults, Machine, MicroResults } from './results.ts'
import type { Step } from './steps.ts'
import { variantNamed } from './variants/all.ts'

const CARRYING: Readonly<Record<Carrying, string>> = {
  connection: 'one per connection',
  rotating: 'rotating',
}

export function comparedLine(compared: Compared): string {
  return comparedCells(compared).join('  ')
}

export function floodedLine(flooded: Flooded): string {
  return floodedCells(flooded).join('  ')
}

export function stepLine(step: Step): string {
  return stepCells(step).join('  ')
}

export function httpTable({ machine, load, compared, flood }: HttpResults): string {
  const rows = compared.map(comparedCells)
  return [
    `${machineLine(machine)}; load by ${load}.`,
    '',
    table(
      ['variant', 'tokens', 'of', 'slices', 'ratio: median (95 % interval)', 'by processor time', 'at least'],
      rows,
    ),
    ...(flood === null
      ? []
      : [
          '',
          table(
            ['measure', 'slices', 'ratio: median (95 % interval)', 'requests a second', 'at most'],
            [floodedCells(flood)],
          ),
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

function floodedCells({ slices, ratio, perSecond }: Flooded): string[] {
  return [
    'p99 of a valid client while half of the load has invalid signatures, relative to a load without',
    String(slices),
    interval(ratio),
    perSecond.toLocaleString('en'),
    verdict(figure(FLOOD_TARGET), ratio.high <= FLOOD_TARGET),
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

/** Three digits that count, two behind the point at most for what is near one. */
function figure(ratio: number): string {
  if (ratio < 0.1) return ratio.toFixed(3)
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)
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
