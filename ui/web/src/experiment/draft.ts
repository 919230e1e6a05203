/** What is filled in for a run that is to be started. */
import type { Option, Parameter } from '../protocol';
import { agrees } from '../controls/wish';
import { Structured } from '../protocol/structured';

/** What is typed, or the place of the option that is chosen, by the name of the parameter. */
export type Draft = Readonly<Record<string, string>>;

export interface ReadDraft {
  readonly values: Readonly<Record<string, Option['value']>>;
  /** What is wrong, by the name of the parameter. */
  readonly wrong: Readonly<Record<string, string>>;
}

export function presetOf(parameters: readonly Parameter[]): Draft {
  return Object.fromEntries(
    parameters.map((parameter): [string, string] => {
      if (parameter.kind === 'number') return [parameter.name, String(parameter.preset ?? '')];
      const { preset, options } = parameter;
      const read = preset instanceof Structured ? preset.json : preset;
      const place = preset === null ? 0 : options.findIndex(({ value }) => agrees(value, read, null));
      return [parameter.name, String(Math.max(0, place))];
    }),
  );
}

export function readDraft(parameters: readonly Parameter[], draft: Draft): ReadDraft {
  const values: Record<string, Option['value']> = {};
  const wrong: Record<string, string> = {};
  for (const parameter of parameters) {
    const { name } = parameter;
    const typed = draft[name]?.trim() ?? '';
    if (parameter.kind === 'choice') {
      const option = parameter.options[Number(typed)];
      if (option === undefined) wrong[name] = 'Choose one.';
      else values[name] = option.value;
      continue;
    }
    const value = Number(typed);
    const { range } = parameter;
    if (typed === '' || !Number.isFinite(value)) wrong[name] = 'Enter a number.';
    else if (range !== null && (value < range[0] || value > range[1]))
      wrong[name] = `Enter a number from ${range[0]} to ${range[1]}.`;
    else values[name] = value;
  }
  return { values, wrong };
}

/** What was filled in, in words: "Imbalance", "120 W". */
export function draftWords(parameter: Parameter, draft: Draft): string {
  const typed = draft[parameter.name]?.trim() ?? '';
  if (parameter.kind === 'choice') return parameter.options[Number(typed)]?.label ?? '';
  return parameter.unit === null ? typed : `${typed} ${parameter.unit}`;
}
