// What the WebAssembly module of the CPU device exports; src/device/cpu/simd.ts loads it. AssemblyScript: `usize` is an
// address or a number of elements, `v128` four float32. The memory is a fixed scratch pad that the host fills and empties.
export { add, mul, relu, reluGrad, sub } from './elementwise';
export { multiply, pack } from './matmul';
export { maxColumns, maxRows, sumColumns, sumRows } from './reduce';
export { adam } from './update';
