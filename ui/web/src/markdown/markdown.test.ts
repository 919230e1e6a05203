import { describe, expect, it } from 'vitest';
import { blocks } from './blocks';
import { inlines, safeHref } from './inline';

const text = (words: string): { kind: 'text'; text: string } => ({ kind: 'text', text: words });

describe('the words of a widget', () => {
  it('are parted into headings, paragraphs, lists, quotes, code and rules', () => {
    const written =
      '# Shift\nRead this\ntoo.\n\n- one\n- two\n  more\n1. first\n\n> quiet\n---\n```\n*raw*\n```';
    expect(blocks(written)).toEqual([
      { kind: 'heading', level: 1, parts: [text('Shift')] },
      { kind: 'paragraph', parts: [text('Read this too.')] },
      { kind: 'list', ordered: false, items: [[text('one')], [text('two more')]] },
      { kind: 'list', ordered: true, items: [[text('first')]] },
      { kind: 'quote', blocks: [{ kind: 'paragraph', parts: [text('quiet')] }] },
      { kind: 'rule' },
      { kind: 'code', text: '*raw*' },
    ]);
  });

  it('have marks within a line, also within each other', () => {
    expect(inlines('a **b *c*** `d*e` [f](/docs)')).toEqual([
      text('a '),
      { kind: 'strong', parts: [text('b '), { kind: 'emphasis', parts: [text('c')] }] },
      text(' '),
      { kind: 'code', text: 'd*e' },
      text(' '),
      { kind: 'link', href: '/docs', parts: [text('f')] },
    ]);
  });

  it('keep what only looks like a mark', () => {
    for (const plain of ['2 * 3 * 4', 'fan_speed_pct', '5 < 6 > 4', '<b>no</b>', '[x] y']) {
      expect(inlines(plain)).toEqual([text(plain)]);
    }
  });

  it('never link to a script or, unseen, to another host', () => {
    expect(
      ['javascript:alert(1)', 'JaVaScRiPt:x', 'data:text/html,x', '//evil.example'].map(safeHref),
    ).toEqual(Array(4).fill(null));
    expect(['https://a.example/x', 'mailto:a@b.c', '/docs', '#page', 'docs/'].map(safeHref)).not.toContain(
      null,
    );
    expect(inlines('[go](javascript:alert)')).toEqual([text('[go](javascript:alert)')]);
  });

  it('end, whatever is written', () => {
    for (const odd of ['```', '- ', '#', '>', '****', '[', '* * *', '-\n\n-', '   - x\n      y']) {
      expect(() => blocks(odd)).not.toThrow();
    }
  });
});
