// How each operation is drawn: which earlier lines it can take, and with which arguments. The type holds the table
// complete: an operation without a rule does not compile.
import type { Draw } from './draw.ts';
import { algorithmRules } from './ops-algorithms.ts';
import { elementwiseRules } from './ops-elementwise.ts';
import { shapeRules } from './ops-shape.ts';
import type { ProgramOp, Step } from './program.ts';

/** Undefined where no line fits. */
export type StepRule = (draw: Draw) => Omit<Step, 'op'> | undefined;

export const rules: Readonly<Record<ProgramOp, StepRule>> = {
  ...elementwiseRules,
  ...shapeRules,
  ...algorithmRules,
};

/** One is drawn as often as any other, but that the elementwise ones, which are most, come half as often. */
const others = { ...shapeRules, ...algorithmRules };
export const stepOps = Object.entries({ ...rules })
  .concat(Object.entries(others))
  .map(([op, rule]): readonly [ProgramOp, StepRule] => [op as ProgramOp, rule]);
