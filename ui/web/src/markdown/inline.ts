/** The marks within a line: `code`, **strong**, *emphasis*, [a link](address). There is no way to write HTML. */

export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly parts: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly parts: readonly Inline[] };

const MARKS =
  /`([^`]+)`|\*\*(?=\S)(.+?)(?<=\S)\*\*(?!\*)|__(?=\S)(.+?)(?<=\S)__|\*(?=\S)(.+?)(?<=\S)\*|(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)|\[([^\]]+)\]\(([^()\s]+)\)/g;

/** Addresses that a link may have: those of the web, of mail, and within this server. Never a script. */
export function safeHref(address: string): string | null {
  if (/^(https?:\/\/|mailto:)/i.test(address)) return address;
  return /^[a-z][a-z\d+.-]*:/i.test(address) || address.startsWith('//') ? null : address;
}

export function inlines(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKS)) {
    const [whole, code, strong, strong2, emphasis, emphasis2, words, address] = match;
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) });
    at = match.index + whole.length;
    const bold = strong ?? strong2;
    const slanted = emphasis ?? emphasis2;
    const href = address === undefined ? null : safeHref(address);
    if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (bold !== undefined) found.push({ kind: 'strong', parts: inlines(bold) });
    else if (slanted !== undefined) found.push({ kind: 'emphasis', parts: inlines(slanted) });
    else if (href !== null) found.push({ kind: 'link', href, parts: inlines(words ?? '') });
    else found.push({ kind: 'text', text: whole });
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) });
  return found;
}
