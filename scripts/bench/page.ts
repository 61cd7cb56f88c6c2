/**
 * @file The page in which the benchmark runs. It shows what it finds, for who watches with --headed, and tells it
 * to scripts/bench.ts.
 */

import { type BenchSettings, benchMatmul } from '../../bench/matmul.ts';
import { type BenchEvent, type Outcome, tableHead, tableRow } from '../../bench/report.ts';
import { runInPage } from '../page-guest.ts';

function show(line: string): void {
  const log = document.getElementById('log') as HTMLElement;
  log.append(`${line}\n`);
}

function showEvent(event: BenchEvent): void {
  if (event.type === 'device')
    show(`${event.adapter}${event.software ? ' (software)' : ''}\n\n${tableHead()}`);
  else if (event.type === 'row') show(tableRow(event.row));
  else show(`failed: ${event.text}`);
}

void runInPage<BenchSettings, BenchEvent, Outcome>((settings, tell) =>
  benchMatmul(settings, (event) => {
    showEvent(event);
    tell(event);
  }),
);
