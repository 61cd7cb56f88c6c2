// A page with a canvas that is drawn from a tensor: a fragment shader reads the tensor's own buffer, nothing is read back.
import { countGpu, countsSince } from '../../scripts/gpu-counter.ts';
import { runInPage } from '../../scripts/page-guest.ts';
import { init, tensor } from '../../src/index.ts';

/** Shades of grey, 0 to 255, row by row. */
export interface Picture {
  readonly side: number;
  readonly shades: readonly number[];
}

export interface Seen {
  /** The canvas' pixels, as a 2D canvas sees them. */
  readonly pixels: number[];
  /** Whether every pixel was grey and opaque. */
  readonly grey: boolean;
  /** Read-backs of any buffer. */
  readonly maps: number;
}

const shader = (side: number) => `
  @group(0) @binding(0) var<storage, read> picture: array<f32>;

  @vertex fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(f32(i / 2u) * 4 - 1, f32(i % 2u) * 4 - 1, 0, 1); // one triangle over the whole canvas
  }

  @fragment fn shade(@builtin(position) at: vec4f) -> @location(0) vec4f {
    return vec4f(vec3f(picture[u32(at.y) * ${side} + u32(at.x)]), 1);
  }`;

function draw(gpu: GPUDevice, canvas: HTMLCanvasElement, picture: GPUBuffer): void {
  const context = canvas.getContext('webgpu') as GPUCanvasContext;
  context.configure({ device: gpu, format: 'rgba8unorm' });
  const module = gpu.createShaderModule({ code: shader(canvas.width) });
  const pipeline = gpu.createRenderPipeline({
    layout: 'auto',
    vertex: { module },
    fragment: { module, targets: [{ format: 'rgba8unorm' }] },
  });
  const encoder = gpu.createCommandEncoder();
  const view = context.getCurrentTexture().createView();
  const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: picture } }];
  pass.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.draw(3);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
}

function look(canvas: HTMLCanvasElement): Pick<Seen, 'pixels' | 'grey'> {
  const { width, height } = canvas;
  const flat = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
  flat.drawImage(canvas, 0, 0);
  const { data } = flat.getImageData(0, 0, width, height);
  const quads = Array.from({ length: width * height }, (_, k) => [...data.subarray(4 * k, 4 * k + 4)]);
  return {
    pixels: quads.map(([red]) => red as number),
    grey: quads.every(([red, green, blue, alpha]) => red === green && red === blue && alpha === 255),
  };
}

void runInPage<Picture, never, Seen>(async ({ side, shades }) => {
  const device = await init('webgpu');
  const gpu = device.gpu as GPUDevice;
  const counts = countGpu(gpu);
  const before = { ...counts };
  const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
  document.body.append(canvas);
  const halves = tensor(
    Float32Array.from(shades, (v) => v / 510),
    { shape: [side, side] },
  );
  const picture = halves.mul(2).T; // recorded, not submitted yet; and a view, which gets a copy
  draw(gpu, canvas, picture.gpuBuffer());
  const seen = look(canvas);
  const { maps } = countsSince(counts, before);
  device.close();
  return { ...seen, maps };
});
