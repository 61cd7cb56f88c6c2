// The command line of `npm run bench:peers`, and the models that it gives ONNX Runtime.
import { describe, expect, test } from 'vitest';
import { permuted } from '../../bench/peers/contenders/contender.ts';
import { onnxModel } from '../../bench/peers/contenders/onnx-model.ts';
import { helpText, OptionError, parseOptions } from '../../scripts/options.ts';
import { GROUPS, PEERS, peersCommand } from '../../scripts/peers/options.ts';

const parse = (line: string) => parseOptions(peersCommand, line === '' ? [] : line.split(' '));

test('nothing gives everything, unsaved', () => {
  expect(parse('')).toEqual({
    only: GROUPS,
    peers: PEERS,
    rounds: 9,
    seed: undefined,
    save: false,
    headed: false,
    json: false,
  });
});

test('every option', () => {
  expect(parse('--only matmul,train --peers jax-js --rounds 3 --seed 4 --headed --json')).toEqual({
    only: ['matmul', 'train'],
    peers: ['jax-js'],
    rounds: 3,
    seed: 4,
    save: false,
    headed: true,
    json: true,
  });
});

test('the help names every option', () => {
  for (const name of ['--only', '--peers', '--rounds', '--seed', '--save', '--headed', '--json', '--help'])
    expect(helpText(peersCommand)).toContain(`  ${name} `);
});

test.each([
  ['--only matmull', "got 'matmull', did you mean 'matmul'?"],
  ['--only', '--only needs a value'],
  ['--peers torch', '--peers, between commas, takes jax-js, tfjs, ort'],
  ['--rounds 0', 'from 1 to 1000'],
  ['--save --peers tfjs', 'leave out --peers'],
])('%s: %s', (line, message) => {
  expect(() => parse(line)).toThrow(OptionError);
  expect(() => parse(line)).toThrow(message);
});

describe('ONNX models', () => {
  test('are the bytes that protobuf gives for the smallest graph', () => {
    const bytes = onnxModel({
      inputs: [{ name: 'a', shape: [2, 300] }],
      nodes: [{ op: 'Relu', inputs: ['a'], outputs: ['y'] }],
      outputs: [{ name: 'y', shape: [2], type: 'int64' }],
    });
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex).toBe(
      [
        '0808', // ir_version 8
        '3a3c', // graph of 60 bytes
        '0a0c0a0161120179220452656c75', // node: input a, output y, op Relu
        '120562656e6368', // its name, bench
        '5a140a0161120f0a0d080112090a0208020a0308ac02', // a: float, 2 by 300
        '620f0a0179120a0a08080712040a020802', // y: int64, 2
        '42040a001011', // opset 17 of the standard domain
      ].join(''),
    );
  });

  test('negative numbers are ten bytes, floats four', () => {
    const bytes = onnxModel({
      inputs: [],
      nodes: [{ op: 'S', inputs: [], outputs: [], attributes: { axis: -1, e: { float: 1 }, p: [0, 3] } }],
      outputs: [],
    });
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex).toContain('0a0461786973' + '18ffffffffffffffffff01' + 'a00102');
    expect(hex).toContain('0a0165' + '150000803f' + 'a00101');
    expect(hex).toContain('0a0170' + '40004003' + 'a00107');
  });
});

test('axes are permuted as NumPy transposes them', () => {
  const x = { data: Int32Array.of(0, 1, 2, 3, 4, 5), shape: [1, 2, 3] };
  expect(permuted(x, [2, 0, 1])).toEqual({ data: Int32Array.of(0, 3, 1, 4, 2, 5), shape: [3, 1, 2] });
});
