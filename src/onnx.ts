/** @file The export tapegrad/onnx. It needs the package @bufbuild/protobuf: `npm install @bufbuild/protobuf`. */
export { exportOnnx, type OnnxOptions } from './onnx/export.ts';
