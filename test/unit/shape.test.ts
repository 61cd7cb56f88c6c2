// Shapes, strides and axes: the pure functions that every operation stands on. Values worked out by hand.
import { describe, expect, it } from 'vitest';
import { promote } from '../../src/core/dtype.ts';
import { AxisError, ShapeError } from '../../src/core/errors.ts';
import { didYouMean, editDistance } from '../../src/core/names.ts';
import {
  broadcastLayout,
  broadcastShapes,
  collapse,
  contiguous,
  contiguousStrides,
  forEachPlace,
  isContiguous,
  normalizeAxes,
  normalizeAxis,
} from '../../src/core/shape.ts';
import { bucketBytes } from '../../src/device/webgpu/pool.ts';
import { fillSlots } from '../../src/device/webgpu/shader.ts';

describe('strides', () => {
  it('are row-major', () => {
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguousStrides([])).toEqual([]);
  });

  it('tell what is contiguous; axes of size 1 do not count', () => {
    expect(isContiguous({ shape: [2, 3], strides: [3, 1], offset: 7 })).toBe(true);
    expect(isContiguous({ shape: [2, 1, 3], strides: [3, 99, 1], offset: 0 })).toBe(true);
    expect(isContiguous({ shape: [3, 2], strides: [1, 3], offset: 0 })).toBe(false);
    expect(isContiguous({ shape: [0, 5], strides: [7, 7], offset: 0 })).toBe(true);
  });
});

describe('broadcasting', () => {
  it('follows NumPy', () => {
    expect(broadcastShapes('op', [8, 1, 6, 1], [7, 1, 5])).toEqual([8, 7, 6, 5]);
    expect(broadcastShapes('op', [], [3])).toEqual([3]);
    expect(broadcastShapes('op', [0, 3], [1])).toEqual([0, 3]);
    expect(() => broadcastShapes('op', [2, 3], [3, 2])).toThrow(ShapeError);
  });

  it('repeats by strides of 0', () => {
    expect(broadcastLayout(contiguous([3, 1]), [2, 3, 4])).toEqual({
      shape: [2, 3, 4],
      strides: [0, 1, 0],
      offset: 0,
    });
  });
});

describe('axes', () => {
  it('count from the end when negative', () => {
    expect(normalizeAxis('op', -1, 3)).toBe(2);
    expect(normalizeAxes('op', [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes('op', undefined, 2)).toEqual([0, 1]);
    expect(() => normalizeAxis('op', 3, 3)).toThrow(AxisError);
    expect(() => normalizeAxes('op', [1, -2], 3)).toThrow(/the same axis twice/);
  });
});

describe('collapse', () => {
  it('merges axes that all layouts step through as one', () => {
    expect(collapse([2, 3, 4], [[12, 4, 1]])).toEqual({ shape: [24], strides: [[1]] });
    expect(
      collapse(
        [2, 1, 3],
        [
          [3, 0, 1],
          [0, 0, 1],
        ],
      ),
    ).toEqual({
      shape: [2, 3],
      strides: [
        [3, 1],
        [0, 1],
      ],
    });
    expect(collapse([1, 1], [[5, 5]])).toEqual({ shape: [], strides: [[]] });
  });
});

describe('forEachPlace', () => {
  it('walks every layout in row-major order', () => {
    const seen: number[][] = [];
    const transposed = { shape: [2, 3], strides: [1, 2], offset: 10 };
    forEachPlace([2, 3], [transposed, { shape: [2, 3], strides: [0, -1], offset: 2 }], (places, i) => {
      seen.push([i, ...places]);
    });
    expect(seen).toEqual([
      [0, 10, 2],
      [1, 12, 1],
      [2, 14, 0],
      [3, 11, 2],
      [4, 13, 1],
      [5, 15, 0],
    ]);
  });
});

describe('promotion', () => {
  it('is bool < int32 < float32 < float64', () => {
    expect([promote('bool', 'int32'), promote('float32', 'int32'), promote('float64', 'bool')]).toEqual([
      'int32',
      'float32',
      'float64',
    ]);
  });
});

describe('names', () => {
  it('are near or far', () => {
    expect(editDistance('rleu', 'relu')).toBe(1); // one swap
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(didYouMean('rleu', ['relu', 'tanh'])).toBe("'rleu', did you mean 'relu'?");
    const metrics = ['accuracy', 'meanSquaredError', 'rootMeanSquaredError'];
    expect(didYouMean('mse', metrics)).toBe("'mse', did you mean 'meanSquaredError'?");
    expect(didYouMean('RMSE', metrics)).toBe("'RMSE', did you mean 'rootMeanSquaredError'?");
    expect(didYouMean('acc', metrics)).toBe("'acc', did you mean 'accuracy'?");
    expect(didYouMean('swish', ['relu', 'tanh'])).toBe("'swish'.");
  });
});

describe('the buffer pool’s buckets', () => {
  it('are multiples of 256 and at most an eighth above the request, beyond the smallest', () => {
    for (let bytes = 1; bytes < 2 ** 28; bytes = Math.ceil(bytes * 1.37)) {
      const bucket = bucketBytes(bytes);
      expect(bucket % 256).toBe(0);
      expect(bucket).toBeGreaterThanOrEqual(bytes);
      expect(bucket - bytes).toBeLessThan(Math.max(256, bytes / 8));
    }
  });
});

describe('shader slots', () => {
  const source = 'a\n  old(); // @slot body\nb // @slot other\n';
  it('replace whole tagged lines, and leave the others', () => {
    expect(fillSlots(source, { body: 'new();\nmore();' })).toBe('a\nnew();\nmore();\nb // @slot other\n');
  });
  it('must exist', () => {
    expect(() => fillSlots(source, { bdoy: '' })).toThrow('the shader has no slot bdoy');
  });
});
