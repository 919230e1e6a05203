/** Which field of a widget says what, and in which words. */
import { formatCell, MISSING, withUnit } from '../format';
import type { Cell, Field, Level, Row, Widget } from '../protocol';
import { isExplanation } from './drivers';

export interface AdviceRoles {
  readonly headline: Field | null;
  readonly severity: Field | null;
  readonly confidence: Field | null;
  readonly advice: Field | null;
}

/**
 * The parts of an advice by the names a classifier gives them; without such names, the first text is the
 * headline, the last one the advice, and the first number the confidence.
 */
export function adviceRoles(all: readonly Field[]): AdviceRoles {
  const fields = all.filter((field) => !isExplanation(field));
  const named = (word: string): Field | undefined => fields.find(({ name }) => name.includes(word));
  const confidence =
    named('confidence') ?? fields.find(({ type, labels }) => type === 'number' && labels === null);
  const severity = named('severity');
  const spoken = fields.filter((field) => field !== confidence && field !== severity);
  const headline = named('label') ?? spoken.find(({ name }) => !name.includes('advice'));
  const rest = spoken.filter((field) => field !== headline);
  return {
    headline: headline ?? null,
    severity: severity ?? null,
    confidence: confidence ?? null,
    advice: named('advice') ?? rest.at(-1) ?? null,
  };
}

/** How grave a severity is by its word. */
export function gradeOf(severity: string | null): Level {
  const word = severity?.toLowerCase() ?? '';
  if (['', 'none', MISSING].includes(word)) return 'normal';
  return ['high', 'critical', 'severe'].includes(word) ? 'alarm' : 'warning';
}

/** The words for a state: a bare true or false is put as what it means for the operator. */
export function stateText(widget: Widget, field: Field, cell: Cell): string {
  const bare = field.labels === null && typeof cell === 'boolean';
  if (bare && field.slot === widget.alert) return cell ? 'Abnormal' : 'Normal';
  return formatCell(cell, field);
}

/** A row in the words of a notice. */
export function say(widget: Widget, row: Row): string {
  const cellOf = (field: Field): Cell => row.values[field.slot] ?? null;
  const shown =
    widget.kind === 'advice'
      ? Object.values(adviceRoles(widget.fields))
          .filter((field) => field !== null && field.type !== 'number')
          .filter((field) => !field?.name.includes('severity'))
      : widget.fields;
  return shown
    .flatMap((field) => {
      const cell = field === null ? null : cellOf(field);
      return field === null || cell === null ? [] : [withUnit(stateText(widget, field, cell), field.unit)];
    })
    .join(' · ');
}
