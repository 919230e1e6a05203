/** Texts of the server within the editor: as elements, never as HTML. */
import { mount, unmount } from 'svelte';
import Words from '../../markdown/Words.svelte';
import type { Diagnostic } from '../../protocol/edit';

export interface Rendered {
  readonly dom: HTMLElement;
  destroy(): void;
}

export function markdown(text: string): Rendered {
  const dom = document.createElement('div');
  dom.className = 'words';
  const words = mount(Words, { target: dom, props: { text } });
  return { dom, destroy: () => void unmount(words) };
}

export function explanation({ message, label, help, code }: Diagnostic): HTMLElement {
  const dom = document.createElement('div');
  const say = (text: string, className = ''): void => {
    const line = document.createElement('div');
    line.textContent = text;
    line.className = className;
    dom.append(line);
  };
  say(`${message} (${code})`);
  if (label !== null && label !== message) say(label);
  help.forEach((text) => say(`Help: ${text}`, 'help'));
  return dom;
}
