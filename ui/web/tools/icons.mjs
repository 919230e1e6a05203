/** Makes the icons of the installed page from favicon.svg: `npm run icons`, when that has changed. */
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';

const folder = fileURLToPath(new URL('../public', import.meta.url));
const svg = await readFile(`${folder}/favicon.svg`, 'utf8');
/** A system cuts a maskable icon to a shape of its own: what matters stays within four fifths. */
const MASKABLE_SHARE = 0.72;

await mkdir(`${folder}/icons`, { recursive: true });
const browser = await launch();
for (const [name, size, share] of /** @type {const} */ ([
  ['icon-192', 192, 1],
  ['icon-512', 512, 1],
  ['icon-maskable-512', 512, MASKABLE_SHARE],
])) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const background = share < 1 ? '#24292e' : 'transparent';
  await page.setContent(
    `<body style="margin:0;height:100vh;display:grid;place-items:center;background:${background}">
     <div style="width:${share * 100}vw;height:${share * 100}vw">${svg}</div></body>`,
  );
  await page.screenshot({ path: `${folder}/icons/${name}.png`, omitBackground: true });
  await page.close();
}
await browser.close();
