/** Who one is to the server, and what one may do there. */
import * as check from '../check';

/** The one that may the least first; each may what those before it may. */
export const ROLES = ['viewer', 'operator', 'engineer'] as const;
export type Role = (typeof ROLES)[number];

export interface Me {
  /** Null for someone who has not logged in. */
  readonly name: string | null;
  readonly role: Role | null;
  /** Whether the server asks who one is. */
  readonly loginRequired: boolean;
  readonly canLogOut: boolean;
}

export function parseMe(answer: unknown): Me {
  const me = check.object(answer, 'me');
  return {
    name: check.optional(me['name'], 'name', check.text),
    role: check.optional(me['role'], 'role', role),
    loginRequired: check.flag(me['loginRequired'], 'loginRequired'),
    canLogOut: check.flag(me['canLogOut'], 'canLogOut'),
  };
}

function role(value: unknown, path: string): Role {
  const found = ROLES.find((known) => known === value);
  return found ?? check.fail(path, `one of ${ROLES.join(', ')}`, value);
}

/** Why someone may not do what a role is needed for; null when they may. The server has the last word. */
export function lacking(me: Me | null, needed: Role): string | null {
  // A server that says nothing of roles asks nobody.
  if (me === null || me.role === null) return null;
  if (ROLES.indexOf(me.role) >= ROLES.indexOf(needed)) return null;
  return `Needs the role ${needed}; ${me.name ?? 'this log-in'} is ${me.role}`;
}
