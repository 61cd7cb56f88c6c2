/** @file Everything that the main entry exports, to be weighed. */
import * as everything from 'onnxruntime-web/webgpu';

Object.assign(window, { everything });
