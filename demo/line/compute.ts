/**
 * @file The course's example, computed: every epoch's weights, predictions, loss and gradients, from the printed weights on,
 * on the CPU device.
 */
import {
  type Device,
  init,
  optimizers,
  scope,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  withDevice,
} from 'tapegrad';
import {
  type Epoch,
  LAST,
  NAMES,
  type Name,
  type Printed,
  printedOf,
  rows,
  type Values,
  XS,
  YS,
} from './course.ts';

type Net<T> = { readonly [K in Name]: T };

/** All epochs from 0 to the last one. */
export async function course(): Promise<readonly Epoch[]> {
  const device = await init('cpu');
  return withDevice(device, () => run(device));
}

function run(device: Device): readonly Epoch[] {
  const start = (printedOf(0) as Printed).weights;
  const net = Object.fromEntries(
    NAMES.map((name) => {
      const values = start[name];
      return [
        name,
        scope(() =>
          variable(tensor(name.startsWith('b') ? [...(values[0] as number[])] : values.map((r) => [...r]))),
        ),
      ];
    }),
  ) as unknown as Net<Variable>;
  const predict = (p: Net<Tensor>, x: Tensor) => x.dense(p.w1, p.b1).dense(p.w2, p.b2).dense(p.w3, p.b3);
  const column = (list: readonly number[]) => tensor(list, { shape: [list.length, 1] });
  const values = (p: Net<Tensor>): Values =>
    Object.fromEntries(NAMES.map((name) => [name, rows(toArray(p[name]))])) as unknown as Values;
  const adam = optimizers.adam({ learningRate: 0.1 });
  const epochs: Epoch[] = [];
  for (let epoch = 0; epoch <= LAST; epoch++)
    scope(() => {
      const [x, y] = [column(XS), column(YS)];
      const lossOf = (p: Net<Tensor>): [Tensor, Tensor] => {
        const predictions = predict(p, x);
        return [predictions.sub(y).square().mean(), predictions];
      };
      const { value, aux, grad } = valueAndGrad(lossOf, { aux: true })(net);
      epochs.push({
        epoch,
        weights: values(net),
        gradients: values(grad as unknown as Net<Tensor>),
        predictions: [...(aux as Tensor).dataSync()],
        loss: value.dataSync()[0] as number,
      });
      adam.step(net, grad);
    });
  for (const name of NAMES) net[name].dispose();
  adam.dispose();
  device.close();
  return epochs;
}

function toArray(t: Tensor): number[] | number[][] {
  const flat = [...t.dataSync()];
  const [m, n] = t.shape;
  if (n === undefined) return flat;
  return Array.from({ length: m as number }, (_, i) => flat.slice(i * n, (i + 1) * n));
}
