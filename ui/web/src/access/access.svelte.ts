/** Logging in and out, and what the page knows of it. */
import { tell } from '../ask';
import { lacking, parseMe, type Me, type Role } from './me';

/** Passwords are slow to check, on purpose. */
const ANSWER_WITHIN_MS = 20_000;

export class Access {
  me = $state.raw<Me | null>(null);
  readonly mustLogIn: boolean = $derived(this.me !== null && this.me.loginRequired && this.me.name === null);

  constructor(
    private readonly base: string,
    /** Begins anew: nothing that someone saw is left for whoever comes next. */
    private readonly beginAnew: () => void = () => location.reload(),
  ) {}

  /** Takes what the server has told unasked. */
  know(me: Me): void {
    this.me = me;
  }

  /** Asks the server who one is. Without an answer, what was known is kept. */
  async look(): Promise<void> {
    try {
      const answer = await fetch(new URL('api/me', this.base), { cache: 'no-store' });
      if (!answer.ok) return;
      const now = parseMe(await answer.json());
      // The session is over, perhaps by a log-out in another tab; or someone else has logged in there.
      const before = this.me?.name ?? null;
      if (before !== null && before !== now.name) return this.beginAnew();
      this.me = now;
    } catch {
      // A server that is away is shown elsewhere.
    }
  }

  /** Answers why not; null when one is logged in, and the page begins anew. */
  async logIn(name: string, password: string): Promise<string | null> {
    return this.ask('api/login', { name, password });
  }

  async logOut(): Promise<string | null> {
    return this.ask('api/logout', {});
  }

  /** Why one may not do what a role is needed for; null when one may. */
  lacks(needed: Role): string | null {
    return lacking(this.me, needed);
  }

  private async ask(path: string, body: object): Promise<string | null> {
    const refused = await tell(this.base, path, body, ANSWER_WITHIN_MS);
    if (refused === null) this.beginAnew();
    return refused;
  }
}
