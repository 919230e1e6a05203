/** The mode for a screen on a wall: `?kiosk` hides the controls and turns the pages, `?kiosk=30` every 30 s. */

const DEFAULT_S = 20;
const LEAST_S = 3;

/** Time on a page in milliseconds; null when the address asks for no kiosk. */
export function kioskMs(search: string): number | null {
  const asked = new URLSearchParams(search).get('kiosk');
  if (asked === null) return null;
  const seconds = Number(asked);
  const sensible = asked.trim() !== '' && Number.isFinite(seconds) && seconds > 0;
  return (sensible ? Math.max(LEAST_S, seconds) : DEFAULT_S) * 1000;
}
