/** @file The export tapegrad/onnx. It needs the package @bufbuild/protobuf: `npm install @bufbuild/protobuf`. */
import './index.ts'; // the engine whole: its operations, and the device that there is before init()

export { exportOnnx, type OnnxOptions } from './onnx/export.ts';
