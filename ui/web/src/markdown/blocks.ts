/** The blocks of a text: headings, paragraphs, lists, quotes, code and rules. A subset of Markdown without HTML. */
import { inlines, type Inline } from './inline';

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly parts: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly parts: readonly Inline[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'rule' };

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d+[.)]\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
const FENCE = /^\s{0,3}```/;
const RULE = /^\s{0,3}([-*_])\s*(\1\s*){2,}$/;

function beginsBlock(line: string): boolean {
  return [HEADING, BULLET, NUMBER, QUOTE, FENCE, RULE].some((mark) => mark.test(line));
}

/** Takes lines from the front while they match; a line indented under an item goes on with it. */
function takeItems(lines: string[], mark: RegExp): string[] {
  const items: string[] = [];
  for (let line = lines[0]; line !== undefined; line = lines[0]) {
    const item = RULE.test(line) ? null : mark.exec(line);
    const last = items.length - 1;
    if (item !== null) items.push(item[1] ?? '');
    else if (last >= 0 && /^\s+\S/.test(line) && !beginsBlock(line)) items[last] += ` ${line.trim()}`;
    else break;
    lines.shift();
  }
  return items;
}

function takeWhile(lines: string[], belongs: (line: string) => boolean): string[] {
  const end = lines.findIndex((line) => !belongs(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function block(lines: string[]): Block {
  const [line = ''] = lines;
  const heading = HEADING.exec(line);
  if (heading !== null) {
    lines.shift();
    return { kind: 'heading', level: heading[1]?.length ?? 1, parts: inlines(heading[2] ?? '') };
  }
  if (RULE.test(line)) {
    lines.shift();
    return { kind: 'rule' };
  }
  if (FENCE.test(line)) {
    lines.shift();
    const code = takeWhile(lines, (inside) => !FENCE.test(inside));
    lines.shift();
    return { kind: 'code', text: code.join('\n') };
  }
  if (QUOTE.test(line)) {
    const quoted = takeWhile(lines, (inside) => QUOTE.test(inside));
    return {
      kind: 'quote',
      blocks: blocks(quoted.map((inside) => QUOTE.exec(inside)?.[1] ?? '').join('\n')),
    };
  }
  for (const [mark, ordered] of [
    [BULLET, false],
    [NUMBER, true],
  ] as const) {
    if (mark.test(line)) return { kind: 'list', ordered, items: takeItems(lines, mark).map(inlines) };
  }
  lines.shift();
  const rest = takeWhile(lines, (inside) => inside.trim() !== '' && !beginsBlock(inside));
  return { kind: 'paragraph', parts: inlines([line, ...rest].map((part) => part.trim()).join(' ')) };
}

export function blocks(text: string): Block[] {
  const lines = text.split(/\r?\n/);
  const found: Block[] = [];
  while (lines.length > 0) {
    if (lines[0]?.trim() === '') lines.shift();
    else found.push(block(lines));
  }
  return found;
}
