/** The columns of records: those of the schema in its order, then what else came. */
import { formatCell } from '../../format';
import type { Flow, FlowNode, OutputField } from '../../protocol/flow';
import type { TapRecord } from '../../protocol/tap';

/** The fields of what a node sends out; of a node without outputs, of what arrives there. */
export function fieldsOf(node: FlowNode, flow: Flow, outputs: ReadonlySet<string>): readonly OutputField[] {
  const seen =
    node.outputs.length > 0
      ? node.outputs.filter(({ name }) => outputs.has(name))
      : node.inputs.flatMap(({ from, output }) => {
          const source = flow.nodes.find(({ id }) => id === from);
          return source?.outputs.filter(({ name }) => name === output) ?? [];
        });
  const byName = new Map(seen.flatMap(({ fields }) => fields).map((field) => [field.name, field]));
  return [...byName.values()];
}

export function columnsOf(
  records: readonly TapRecord[],
  fields: readonly OutputField[],
): readonly OutputField[] {
  const names = new Set(records.flatMap((record) => Object.keys(record.fields)));
  const known = fields.filter(({ name }) => names.has(name));
  known.forEach(({ name }) => names.delete(name));
  const others = [...names].map((name): OutputField => {
    return { name, title: name, unit: null, type: 'json', range: null };
  });
  return [...known, ...others];
}

export function cellText(value: unknown, field: OutputField): string {
  const plain =
    value === undefined || value === null || ['number', 'boolean', 'string'].includes(typeof value);
  if (!plain) return JSON.stringify(value);
  return formatCell((value ?? null) as number | boolean | string | null, { ...field, labels: null, slot: 0 });
}

/** The time of day with tenths of a second: records of one second are told apart. */
export function clockOf(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, '0');
  const tenths = Math.floor(at.getMilliseconds() / 100);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${tenths}`;
}
