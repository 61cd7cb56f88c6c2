// Convolutions and their gradients as products of matrices, whose A is never stored: matmul.wgsl reads it out of the
// images x, or out of the gradient of the result.
//
// An element of A is one channel of one pixel. Its row in the image is the sum of what its row of A and the part of the
// sum bring, and so are its column in the image and its place in memory. A sum above or left of the image wraps round to
// far below or right of it. There is padding, which adds nothing to C: not even 0 · ∞.

struct Window {
  image: vec2u, // rows and columns of what A is read from, as in all pairs
  places: vec2u, // where the window comes to lie, or the pixels of a gradient
  stride: vec2u, // from place to place
  dilation: vec2i, // from tap to tap; taps are the elements of the kernel
  before: vec2i, // from a place to its first tap
  divisor: vec2i, // only multiples of it are pixels, and count one
  taps: u32, // in one row of the kernel
  channels: u32, // from pixel to pixel in memory
  group: u32, // channels of a group
  across: u32, // columns from slice to slice
  height: u32, // rows and columns of the image that C is
  width: u32,
}

struct Rows {
  at: vec4u,
  row: vec4u,
  column: vec4u,
}

struct Part {
  a: u32,
  b: u32,
  count: u32,
  row: u32,
  column: u32,
}

/** Of strides, a gradient by images sees every residue by itself: as many batches. */
fn residueOf(window: Window, batch: u32) -> vec2u {
  let divisor = vec2u(window.divisor);
  return vec2u(batch / divisor.y % divisor.x, batch % divisor.y);
}

/** Rows of A that are places. */
fn placeRows(window: Window, start: u32, place: vec4u) -> Rows {
  let line = place / window.places.y;
  let image = line / window.places.x;
  let row = (line - image * window.places.x) * window.stride.x;
  let column = (place - line * window.places.y) * window.stride.y;
  return Rows(start + ((image * window.image.x + row) * window.image.y + column) * window.channels, row, column);
}

/** Parts that are taps, with the channels for slices. */
fn tapPart(window: Window, i: u32, stride: u32, depth: u32) -> Part {
  let pixel = vec2u(window.before + tapAt(window, i) * window.dilation);
  return Part((pixel.x * window.image.y + pixel.y) * window.channels, i * stride, depth, pixel.x, pixel.y);
}

/** The same for one residue of the pixels: taps that it does not meet have no slices. */
fn residuePart(window: Window, i: u32, residue: vec2u, stride: u32, depth: u32) -> Part {
  let offset = vec2i(residue) + window.before + tapAt(window, i) * window.dilation;
  let whole = offset / window.divisor;
  let pixel = vec2u(whole);
  let count = select(0, depth, all(whole * window.divisor == offset));
  return Part((pixel.x * window.image.y + pixel.y) * window.channels, i * stride, count, pixel.x, pixel.y);
}

/** Row and column of a tap. */
fn tapAt(window: Window, i: u32) -> vec2i {
  let row = i / window.taps;
  return vec2i(vec2u(row, i - row * window.taps));
}

/** Rows of A that are the taps of one column of the kernel, and their channels. */
fn tapRows(window: Window, start: u32, line: vec4u) -> Rows {
  let tap = line / window.group;
  let row = tap * u32(window.dilation.x);
  return Rows(start + row * window.image.y * window.channels + line - tap * window.group, row, vec4u());
}

/** Of a row of places those whose tap in one column of the kernel, the batch, is no padding: the first, its pixel, how many. */
fn placesOf(window: Window, batch: u32) -> vec4u {
  let column = i32(batch % window.taps) * window.dilation.y + window.before.y;
  let along = i32(window.stride.y);
  let first = max(along - 1 - column, 0) / along;
  let end = min(max(i32(window.image.y) - column + along - 1, 0) / along, i32(window.places.y));
  return vec4u(u32(first), u32(first * along + column), u32(max(end - first, 0)), 0);
}

/** Parts that are rows of places, with those of them for slices that `placesOf` says. */
fn placePart(window: Window, i: u32, places: vec4u, stride: u32, step: u32) -> Part {
  let image = i / window.places.x;
  let row = (i - image * window.places.x) * window.stride.x + u32(window.before.x);
  let pixel = (image * window.image.x + row) * window.image.y + places.y;
  return Part(pixel * window.channels, i * stride + places.x * step, places.z, row, 0);
}

/** All bits for each of the rows that has a pixel at the k-th slice, none for the others. */
fn pixelsInside(window: Window, rows: Rows, part: Part, k: u32) -> vec4u {
  let row = rows.row + part.row < vec4u(window.image.x);
  let column = rows.column + part.column + k * window.across < vec4u(window.image.y);
  return select(vec4u(), vec4u(0xffffffff), row & column);
}

fn among(terms: vec4f, bits: u32) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(terms) & vec4u(bits)); }

/** Where in C the pixel of a residue begins; all bits if it lies past the image. */
fn pixelOfC(window: Window, place: u32, batch: u32, stride: u32) -> u32 {
  let line = place / window.places.y;
  let image = line / window.places.x;
  let at = vec2u(line - image * window.places.x, place - line * window.places.y);
  let pixel = at * vec2u(window.divisor) + residueOf(window, batch);
  let begin = ((image * window.height + pixel.x) * window.width + pixel.y) * stride;
  return select(0xffffffff, begin, all(pixel < vec2u(window.height, window.width)));
}

/** Where in C the kernel's row and channel begin that a row of A stands for. */
fn tapOfC(window: Window, line: u32, stride: u32) -> u32 {
  let tap = line / window.group;
  return (tap * window.taps * window.group + line - tap * window.group) * stride;
}
