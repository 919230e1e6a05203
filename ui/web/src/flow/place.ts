/** The flow view in the address: `/flow#node=fan`, and `&show=file` for its lines in the editor. */

export type Pane = 'node' | 'file';

export interface Place {
  readonly node: string | null;
  readonly pane: Pane | null;
}

/** Whether an address means the flow view, under whatever prefix a reverse proxy puts the page. */
export function isFlow(path: string): boolean {
  return path.endsWith('/flow');
}

export function placeOf(hash: string): Place {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const node = said.get('node');
  if (said.get('show') === 'file') return { node, pane: 'file' };
  return { node, pane: node === null ? null : 'node' };
}

export function hashOf({ node, pane }: Place): string {
  const say = new URLSearchParams();
  if (node !== null) say.set('node', node);
  if (pane === 'file') say.set('show', 'file');
  const text = String(say);
  return text === '' ? '' : `#${text}`;
}
