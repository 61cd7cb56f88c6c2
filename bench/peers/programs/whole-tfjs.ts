/** @file Everything that the core and the WebGPU backend export, to be weighed: there is no one main entry of both. */

import * as backend from '@tensorflow/tfjs-backend-webgpu';
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

Object.assign(window, { everything: { ...core, ...backend } });
