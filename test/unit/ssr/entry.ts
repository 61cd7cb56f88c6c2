// What an application renders on its server: a page with a number that the library has computed.
import { init, tensor } from 'tapegrad';

export async function render(): Promise<string> {
  const device = await init();
  const sum = await tensor([1, 2, 3]).square().sum().item();
  return `<p>${sum} on ${device.kind}: ${device.fallbackReason}</p>`;
}
