/** Why nothing can be set here now. */
import type { Reading } from '../widgets/reading.svelte';

/** A sentence for the operator; null when something can be set. */
export function blockedNow({ session, key }: Reading): string | null {
  if (!session.connected) return 'No connection to the server';
  const lacking = session.access.lacks('operator');
  if (lacking !== null) return lacking;
  if (session.all && key !== '') return 'Choose one machine to set this';
  return null;
}
