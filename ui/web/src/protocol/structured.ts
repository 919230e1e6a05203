/** A value that is an object or a list, such as a fault with its class and severity: it is chosen and sent as a whole. */
export class Structured {
  /** Always the same text for the same value. */
  readonly json: string;

  constructor(private readonly value: object) {
    this.json = canonical(value);
  }

  toJSON(): object {
    return this.value;
  }

  /** Whether a cell, in which such a value is JSON, holds this one. */
  is(cell: string): boolean {
    try {
      return canonical(JSON.parse(cell)) === this.json;
    } catch {
      return false;
    }
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
