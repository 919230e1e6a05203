/** The icon of the tab tells of open alarms, also where the page is behind others. */

const PLAIN = './favicon.svg';
const OPEN = './favicon-alarm.svg';

export function showInIcon(open: boolean): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const href = open ? OPEN : PLAIN;
  if (link !== null && link.getAttribute('href') !== href) link.setAttribute('href', href);
}
