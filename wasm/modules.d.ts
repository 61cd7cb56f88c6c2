// What an import of these sources is to TypeScript: scripts/assembly.ts compiles them.

/** The WebAssembly module; numbers need no decoder, and compress better than base64. */
declare module '*?wasm' {
  export const bytes: readonly number[];
}

/** The same with relaxed SIMD: multiply-add may be fused. */
declare module '*?wasm=relaxed-simd' {
  export const bytes: readonly number[];
}
