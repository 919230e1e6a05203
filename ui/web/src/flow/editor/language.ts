/** Completion, hover and checks: the editor asks the server, which knows the flow. */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { linter, lintGutter, type Diagnostic as Mark } from '@codemirror/lint';
import type { EditorState, Extension } from '@codemirror/state';
import { type EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import type { Diagnostic } from '../../protocol/edit';
import { rangeOf } from './ranges';
import type { Caret, EditService } from './service';
import { explanation, markdown } from './words';

/** Nobody wants to be told of an error in the middle of a word. */
const CHECK_AFTER_MS = 500;
const WORD = /[\w.$-]*$/;

function caretAt(state: EditorState, position: number): Caret {
  const line = state.doc.lineAt(position);
  return { line: line.number - 1, column: position - line.from };
}

/** An answer that does not come is no reason to stop writing. */
async function orNothing<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch(() => null);
}

export function marksOf(text: string, path: string, diagnostics: readonly Diagnostic[]): Mark[] {
  return diagnostics
    .filter((diagnostic) => diagnostic.path === path)
    .map((diagnostic) => ({
      ...rangeOf(text, diagnostic),
      severity: diagnostic.severity,
      message: diagnostic.message,
      renderMessage: () => explanation(diagnostic),
    }));
}

function completion(service: EditService, path: string): Extension {
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(WORD);
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    // Behind `type: ` and the like something is due, before the first letter already.
    if (!context.explicit && word?.text === '' && !/[:[,]\s$/.test(before)) return null;
    const asked = service.complete(path, context.state.doc.toString(), caretAt(context.state, context.pos));
    const proposals = await orNothing(asked);
    if (proposals === null || proposals.length === 0) return null;
    return {
      from: word?.from ?? context.pos,
      validFor: /^[\w.$-]*$/,
      options: proposals.map(({ label, detail, documentation, insert, replaceBefore }) => ({
        label,
        apply: (view: EditorView, _: unknown, __: number, to: number) => {
          const from = context.pos - replaceBefore;
          view.dispatch({
            changes: { from, to, insert },
            selection: { anchor: from + insert.length },
            userEvent: 'input.complete',
          });
        },
        ...(detail === null ? {} : { detail }),
        ...(documentation === null ? {} : { info: () => markdown(documentation) }),
      })),
    };
  };
  return autocompletion({ override: [source], icons: false });
}

function hover(service: EditService, path: string): Extension {
  return hoverTooltip(async (view, position): Promise<Tooltip | null> => {
    const asked = service.hover(path, view.state.doc.toString(), caretAt(view.state, position));
    const text = await orNothing(asked);
    return text === null ? null : { pos: position, create: () => markdown(text) };
  });
}

function checks(service: EditService, path: string, found: (all: readonly Diagnostic[]) => void): Extension {
  const source = linter(
    async (view) => {
      const text = view.state.doc.toString();
      const checked = await orNothing(service.check(path, text));
      if (checked === null) return [];
      // What was typed meanwhile is looked at next.
      if (view.state.doc.toString() === text) found(checked.diagnostics);
      return marksOf(text, path, checked.diagnostics);
    },
    { delay: CHECK_AFTER_MS },
  );
  return [source, lintGutter()];
}

export function language(
  service: EditService,
  path: string,
  found: (all: readonly Diagnostic[]) => void,
): Extension {
  return [completion(service, path), hover(service, path), checks(service, path, found)];
}
