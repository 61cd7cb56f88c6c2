/** @file A net that one section hands to the section of the digits, which may not have been made yet. */
import type { Settings } from '../digits/settings.ts';
import type { SavedLayer } from '../digits/weights.ts';

export interface Handed {
  /** What differs from the settings that there are. */
  readonly settings: Partial<Settings>;
  /** Without them the net begins anew. */
  readonly layers?: readonly SavedLayer[];
  /** Where it comes from, in the present language. */
  readonly say: () => string;
}

let offered: Handed | undefined;
let taker: ((net: Handed) => void) | undefined;

export function offer(net: Handed): void {
  if (taker) taker(net);
  else offered = net;
}

/** Calls back with the net that is on offer, and with all later ones. */
export function take(then: (net: Handed) => void): void {
  taker = then;
  if (offered) then(offered);
  offered = undefined;
}
