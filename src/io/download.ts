/** @file Files at an address, with progress. Who calls makes a FileError of what it throws. */
import type { Progress } from './places.ts';

/** All bytes behind an address. A server's word on their number is for the progress only: it gets no memory for it. */
export async function download(
  address: string,
  onProgress?: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const response = await fetch(address, signal ? { signal } : {});
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const said = Number(response.headers.get('content-length') ?? Number.NaN);
  // Of what is packed on the way the length says nothing.
  const total = Number.isFinite(said) && !response.headers.get('content-encoding') ? said : undefined;
  const parts: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    parts.push(part.value);
    loaded += part.value.length;
    onProgress?.({ loaded, total });
  }
  const bytes = new Uint8Array(loaded);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
