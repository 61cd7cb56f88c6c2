// What an import of these sources is to TypeScript: scripts/assembly.ts compiles them.

/** The WebAssembly module in base64. */
declare module '*?wasm' {
  export const base64: string;
}

/** The same with relaxed SIMD: multiply-add may be fused. */
declare module '*?wasm=relaxed-simd' {
  export const base64: string;
}
