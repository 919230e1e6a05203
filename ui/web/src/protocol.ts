/** What the server says and how it is read. Nothing beyond `protocol/` handles untyped JSON. */
export * from './protocol/alarms';
export { FIELD_TYPES, type Field, type FieldType, type Option, type Range } from './protocol/field';
export * from './protocol/history';
export type { ExperimentSpec, Outcome, Parameter, Phase, Run } from './protocol/experiment';
export type { FileColumn, FileRows, WrittenFile } from './protocol/files';
export type { LoopMode, LoopSpec } from './protocol/loop';
export type { Bucket, Cost, Shift, Total, Totals, TotalsBy, TotalsSpec } from './protocol/totals';
export * from './protocol/layout';
export * from './protocol/messages';
export * from './protocol/refusal';
