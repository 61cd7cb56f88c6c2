/** @file The page's state in its address: what differs from the defaults, so that a link shows the same. */

const query = (): URLSearchParams => new URLSearchParams(location.search);

export const readAddress = query;

/** Sets the names that have a value, and takes the others out. */
export function writeAddress(values: Readonly<Record<string, string | undefined>>): void {
  const now = query();
  for (const [name, value] of Object.entries(values))
    if (value === undefined) now.delete(name);
    else now.set(name, value);
  const text = now.toString().replaceAll('%2C', ',');
  history.replaceState(null, '', `${location.pathname}${text ? `?${text}` : ''}${location.hash}`);
}
