/** @file All tasks in the order in which they run, and the work behind each. */
import { convTasks, convWorks } from './conv.ts';
import { cpuMatmulTask, matmulTasks, matmulWork } from './matmul.ts';
import { rowTasks, rowWorks } from './rows.ts';
import { cpuTrainTask, gpuTrainTask, trainWork } from './train.ts';
import type { Op, Task, Work } from './work.ts';

export const tasks: readonly Task[] = [
  gpuTrainTask,
  ...matmulTasks,
  ...rowTasks,
  ...convTasks,
  cpuMatmulTask,
  cpuTrainTask,
];

export const works: Readonly<Record<Op, Work>> = {
  matmul: matmulWork,
  ...rowWorks,
  ...convWorks,
  train: trainWork,
};
