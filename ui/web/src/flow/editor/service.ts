/** What the editor asks of the server. */
import {
  parseChecked,
  parseHover,
  parseProposals,
  parseSaved,
  type Checked,
  type Proposal,
  type Saved,
} from '../../protocol/edit';
import { ask, NoAnswer } from '../../ask';

/** A place in a text: line and column count from 0, columns as the editor counts. */
export interface Caret {
  readonly line: number;
  readonly column: number;
}

export class EditService {
  constructor(private readonly base: string) {}

  async check(path: string, text: string): Promise<Checked> {
    return parseChecked(await this.post('check', { path, text }));
  }

  async complete(path: string, text: string, caret: Caret): Promise<readonly Proposal[]> {
    return parseProposals(await this.post('complete', { path, text, ...caret }));
  }

  async hover(path: string, text: string, caret: Caret): Promise<string | null> {
    return parseHover(await this.post('hover', { path, text, ...caret }));
  }

  async save(path: string, text: string, revision: string): Promise<Saved> {
    const url = new URL('api/flow/files', this.base);
    const { status, body } = await ask(url, { method: 'PUT', body: { path, text, revision } });
    return parseSaved(status, body);
  }

  private async post(what: string, body: unknown): Promise<unknown> {
    const answer = await ask(new URL(`api/flow/${what}`, this.base), { method: 'POST', body });
    if (!answer.ok) throw new NoAnswer(`The server answered ${answer.status} to ${what}.`);
    return answer.body;
  }
}
