/** Lines from a stream whose parts begin and end anywhere. */
export class LineSplitter {
  private rest = '';

  /** The lines that a part completes, without empty ones. */
  push(part: string): string[] {
    const lines = (this.rest + part).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '');
  }
}
