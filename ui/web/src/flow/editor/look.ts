/** How the text looks: by the tokens of the page, so that it follows its theme. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--data)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--data-3)' },
  { tag: [tags.lineComment, tags.comment], color: 'var(--ink-muted)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.keyword], color: 'var(--data-2)' },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: 'var(--ink-muted)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--well)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    color: 'var(--ink-muted)',
    backgroundColor: 'var(--panel)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--track) 45%, transparent)' },
  '.cm-activeLineGutter': { color: 'var(--ink)', backgroundColor: 'var(--track)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--focus) 30%, transparent)',
  },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--track)', outline: '1px solid var(--limit)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-wash)', outline: '1px solid var(--warning-fill)' },
  '.cm-panels': { color: 'var(--ink)', backgroundColor: 'var(--panel)' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-textfield, .cm-button': {
    color: 'var(--ink)',
    background: 'var(--control)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip': {
    maxWidth: 'min(520px, 90vw)',
    color: 'var(--ink)',
    backgroundColor: 'var(--well)',
    border: '1px solid var(--limit)',
    borderRadius: 'var(--radius)',
    boxShadow: '0 6px 20px rgb(0 0 0 / 35%)',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-code)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--page)',
    backgroundColor: 'var(--ink)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.8' },
  '.cm-tooltip.cm-completionInfo': { maxHeight: '320px', overflow: 'auto', padding: '6px 10px' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--alarm-fill) 1.5px',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--warning-fill) 1.5px',
    textUnderlineOffset: '3px',
  },
  '.cm-diagnostic': { padding: '6px 10px', fontFamily: 'var(--font)' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--alarm-fill)' },
  '.cm-diagnostic-warning': { borderLeft: '4px solid var(--warning-fill)' },
  '.words': { maxHeight: '320px', overflow: 'auto', padding: '6px 10px', fontFamily: 'var(--font)' },
  '.words p, .words ul, .words ol, .words h4, .words h5': { margin: '0 0 6px' },
  '.words pre, .words code': { fontFamily: 'var(--font-code)', fontSize: '12px' },
  '.words pre': {
    margin: '0 0 6px',
    padding: '4px 6px',
    overflow: 'auto',
    backgroundColor: 'var(--normal-zone)',
  },
  '.words a': { color: 'var(--data)' },
  '.words table': { borderCollapse: 'collapse' },
  '.words th, .words td': { padding: '1px 8px 1px 0', textAlign: 'left', verticalAlign: 'top' },
  '.help': { color: 'var(--ink-muted)' },
});

export const looks = [look, syntaxHighlighting(colours)];
