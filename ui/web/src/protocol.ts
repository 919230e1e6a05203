/** What the server says and how it is read. Nothing beyond `protocol/` handles untyped JSON. */
export * from './protocol/alarms';
export * from './protocol/history';
export * from './protocol/layout';
export * from './protocol/messages';
export * from './protocol/refusal';
