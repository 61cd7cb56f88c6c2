/** @file Grey pictures as PNG files (ISO/IEC 15948): eight bits a pixel, no filter. Pure. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Rows of brightness from 0, black, to 1, white; what lies outside is held to that. */
export type Grey = readonly (readonly number[])[];

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

export function png(rows: Grey): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(rows[0]?.length ?? 0, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 0, 0, 0, 0], 8); // bits, grey, deflate, filters, not interlaced
  const lines = rows.map((row) =>
    Buffer.from([0, ...row.map((v) => Math.round(255 * Math.min(Math.max(v, 0), 1)))]),
  );
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Every pixel as a square of so many. */
export function enlarged(rows: Grey, by: number): Grey {
  return rows.flatMap((row) => {
    const wide = row.flatMap((v) => new Array<number>(by).fill(v));
    return new Array<number[]>(by).fill(wide);
  });
}

/** Pictures of one size beside each other, so many in a row, with white between. */
export function mosaic(pictures: readonly Grey[], columns: number, gap: number): Grey {
  const [height, width] = [pictures[0]?.length ?? 0, pictures[0]?.[0]?.length ?? 0];
  const lines = Math.ceil(pictures.length / columns);
  return Array.from({ length: lines * (height + gap) - gap }, (_, i) =>
    Array.from({ length: columns * (width + gap) - gap }, (_, j) => {
      const [line, column] = [Math.floor(i / (height + gap)), Math.floor(j / (width + gap))];
      return pictures[line * columns + column]?.[i % (height + gap)]?.[j % (width + gap)] ?? 1;
    }),
  );
}
