/** @file A model saved and loaded again, and exported for ONNX Runtime; in Node: node examples/files.ts [folder]. */
import { layers, load, sequential } from 'tapegrad';
import { exportOnnx } from 'tapegrad/onnx';

/** Trains, saves, goes on from the file; gives the epochs that were done and the size of the ONNX file. */
export async function keepAndExport(folder: string) {
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const y = [[0], [1], [1], [0]];
  const model = sequential([layers.dense(8, { activation: 'tanh', inputShape: [2] }), layers.dense(1)], {
    seed: 1,
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await model.fit(x, y, { epochs: 3, verbose: 0 });
  await model.save(`${folder}/xor.safetensors`);
  const again = await load(`${folder}/xor.safetensors`);
  await again.fit(x, y, { epochs: 5, initialEpoch: again.epoch, verbose: 0 });
  const { epoch } = again;
  const { length } = await exportOnnx(again, `${folder}/xor.onnx`);
  for (const one of [model, again]) one.dispose();
  return { epoch, bytes: length };
}

if (import.meta.main) console.log(await keepAndExport(process.argv[2] ?? '.'));
