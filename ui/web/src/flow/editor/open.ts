/** CodeMirror on one file. */
import {
  acceptCompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Diagnostic } from '../../protocol/edit';
import type { Draft } from './drafts.svelte';
import { language } from './language';
import { looks } from './look';
import type { EditService } from './service';

export interface Wiring {
  readonly service: EditService;
  readonly readOnly: boolean;
  changed(text: string): void;
  /** The caret stands in another line, from 1. */
  stands(line: number): void;
  found(all: readonly Diagnostic[]): void;
  save(): void;
}

const KEPT = { history: historyField };

function extensions(draft: Draft, wiring: Wiring): Extension {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    looks,
    EditorState.readOnly.of(wiring.readOnly),
    EditorView.contentAttributes.of({
      tabindex: '0',
      'aria-label': `Text of ${draft.path}${wiring.readOnly ? ', read only' : '. Esc, then Tab leaves it'}`,
    }),
    wiring.readOnly ? [] : language(wiring.service, draft.path, (all) => wiring.found(all)),
    keymap.of([
      {
        key: 'Mod-s',
        preventDefault: true,
        run: () => {
          wiring.save();
          return true;
        },
      },
      { key: 'Tab', run: acceptCompletion },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...lintKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) wiring.changed(update.state.doc.toString());
      if (update.selectionSet || update.docChanged) wiring.stands(lineOf(update.state));
    }),
  ];
}

function lineOf(state: EditorState): number {
  return state.doc.lineAt(state.selection.main.head).number;
}

/** Goes on with the history and the place that the draft has kept, unless its text has become another. */
function stateOf(draft: Draft, all: Extension): EditorState {
  if (draft.kept !== null) {
    const state = EditorState.fromJSON(draft.kept, { extensions: all }, KEPT);
    if (state.doc.toString() === draft.text) return state;
  }
  return EditorState.create({ doc: draft.text, extensions: all });
}

/**
 * Under the page's content security policy an element `style` is refused, and in a document CodeMirror would make one.
 * Within a shadow root it adopts a constructed style sheet instead.
 */
export function open(host: HTMLElement, draft: Draft, wiring: Wiring): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({ root, parent: root, state: stateOf(draft, extensions(draft, wiring)) });
  wiring.stands(lineOf(view.state));
  const { head } = view.state.selection.main;
  if (head > 0) view.dispatch({ effects: EditorView.scrollIntoView(head, { y: 'center' }) });
  return view;
}

export function keep(view: EditorView, draft: Draft): void {
  draft.kept = view.state.toJSON(KEPT);
}

/** Sets another text in place of all; it can be undone. */
export function replace(view: EditorView, text: string): void {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

/** Sets the caret at the start of a line, and shows the line with some room above it. */
export function goTo(view: EditorView, line: number, focus: boolean): void {
  const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
  view.dispatch({
    selection: { anchor: from },
    effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 60 }),
  });
  if (focus) view.focus();
}
