// What test/unit/node.test.ts runs in every Node, on the built package: computes on WebGPU through Dawn, and ends in the
// way that its argument says. It prints a line of JSON for every thing that it got. Nothing here ends the process.
import { init, optimizers, scope, tensor, valueAndGrad, variable } from 'tapegrad';

const [, , way] = process.argv;
const say = (what) => console.log(JSON.stringify(what));

/** Three steps of w ← w − 0.1 · 2(w − 3) from 0. */
async function train() {
  const w = variable(tensor([0]));
  const sgd = optimizers.sgd(0.1);
  for (let i = 0; i < 3; i++) scope(() => sgd.step(w, valueAndGrad((v) => v.sub(3).square().sum())(w).grad));
  say({ w: Math.fround(await w.item()).toFixed(4) });
}

/** A number that takes a while. */
function heavy() {
  const x = tensor(new Float32Array(256 * 256).fill(1 / 256), { shape: [256, 256] });
  return scope(() => x.matmul(x).matmul(x).matmul(x).sum()).item();
}

/** What nobody holds is gone afterwards: a device must hold what it needs. */
async function collect() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((turn) => setImmediate(turn));
  }
}

const ways = {
  async close(device) {
    device.close();
  },
  async open() {},
  async pending() {
    heavy().then((sum) => say({ sum }));
  },
  async 'cut off'(device) {
    const ended = Promise.allSettled([heavy(), device.flush()]);
    device.close();
    await collect();
    for (const { status, reason } of await ended) say({ status, name: reason?.name });
    await collect();
  },
  async again(device) {
    device.close();
    const second = await init('webgpu');
    await train();
    second.close();
  },
};

const device = await init('webgpu');
say({ node: process.versions.node.split('.')[0], kind: device.kind });
await collect();
await train();
await ways[way](device);
