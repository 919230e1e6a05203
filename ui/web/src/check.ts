/** Reading untyped JSON: every failure names the path, what was found and what was expected. */

export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export type JsonObject = { readonly [name: string]: unknown };

function describe(found: unknown): string {
  if (found === null) return 'null';
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === 'string') return JSON.stringify(found.length > 40 ? `${found.slice(0, 40)}…` : found);
  if (typeof found === 'object') return 'an object';
  return String(found);
}

export function fail(path: string, expected: string, found: unknown): never {
  throw new ShapeError(`${path}: expected ${expected}, found ${describe(found)}`);
}

export function object(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
  return value as JsonObject;
}

export function text(value: unknown, path: string): string {
  return typeof value === 'string' ? value : fail(path, 'text', value);
}

export function finite(value: unknown, path: string): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : fail(path, 'a finite number', value);
}

export function positive(value: unknown, path: string): number {
  const number = finite(value, path);
  return number > 0 ? number : fail(path, 'a number above 0', value);
}

/** A count or a position: 0, 1, 2, … */
export function index(value: unknown, path: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(path, 'a whole number from 0', value);
}

export function flag(value: unknown, path: string): boolean {
  return typeof value === 'boolean' ? value : fail(path, 'true or false', value);
}

export function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) fail(path, 'a list', value);
  return (value as unknown[]).map((entry, i) => item(entry, `${path}[${i}]`));
}

/** Absent counts as null: a server may leave out what it does not know. */
export function optional<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
): T | null {
  return value === null || value === undefined ? null : item(value, path);
}

export function oneOf<const T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const known = allowed.find((name) => name === value);
  return known ?? fail(path, `one of ${allowed.join(', ')}`, value);
}

export function record<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
): Record<string, T> {
  const result: Record<string, T> = {};
  for (const [name, entry] of Object.entries(object(value, path))) {
    result[name] = item(entry, `${path}.${name}`);
  }
  return result;
}
