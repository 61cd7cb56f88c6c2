// The built package in a CommonJS program, for test/unit/node.test.ts.
const { init, tensor } = require('tapegrad');

async function main() {
  const device = await init('webgpu');
  console.log(JSON.stringify({ kind: device.kind, sum: await tensor([1, 2, 3]).sum().item() }));
  device.close();
}

main();
