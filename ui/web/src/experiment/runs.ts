/** Runs of experiments in words, and as a file. */
import { csvOf, type CsvCell } from '../csv';
import type { Outcome, Parameter, Run } from '../protocol';

export const OUTCOME_WORDS: Record<Outcome, string> = {
  running: 'Running',
  complete: 'Complete',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
};

/** A parameter of a run: with title and unit, where the layout knows them. */
export function parameterWords(name: string, value: string, known: readonly Parameter[]): string {
  const parameter = known.find((candidate) => candidate.name === name);
  const unit = parameter?.kind === 'number' ? parameter.unit : null;
  return `${parameter?.title ?? name} ${value}${unit === null ? '' : ` ${unit}`}`;
}

export function parametersWords(run: Run, known: readonly Parameter[]): string {
  return Object.entries(run.parameters)
    .map(([name, value]) => parameterWords(name, value, known))
    .join(', ');
}

/** Those with all words of the search, in any order. */
export function found(runs: readonly Run[], search: string, known: readonly Parameter[]): readonly Run[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return runs.filter((run) => {
    const said = [run.run, OUTCOME_WORDS[run.outcome], run.by, run.note, parametersWords(run, known)];
    const text = said.join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The file that says what is known of a run, beside its rows. */
export function metadataFile(file: string): string {
  return file.replace(/\.csv$/, '.json');
}

/** A list of the runs, with a column for each parameter that any of them has. */
export function runsCsv(runs: readonly Run[]): string {
  const names = [...new Set(runs.flatMap(({ parameters }) => Object.keys(parameters)))];
  return csvOf(
    ['run', 'started', 'ended', 'outcome', 'reason', 'by', 'note', ...names, 'rows', 'file', 'bytes'],
    runs.map((run): CsvCell[] => [
      run.run,
      new Date(run.startedMs).toISOString(),
      run.endedMs === null ? null : new Date(run.endedMs).toISOString(),
      run.outcome,
      run.reason,
      run.by,
      run.note,
      ...names.map((name) => run.parameters[name] ?? null),
      run.rows,
      run.file,
      run.bytes,
    ]),
  );
}
