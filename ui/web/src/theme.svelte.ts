/** Light, dark, with high contrast, or as the system has it; kept in the browser. */

export const THEMES = ['auto', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const KEPT_AS = 'twinflow.theme';

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEPT_AS);
    return THEMES.find((theme) => theme === value) ?? 'auto';
  } catch {
    return 'auto'; // Storage can be forbidden; then the choice lasts as long as the page.
  }
}

class ThemeChoice {
  chosen = $state<Theme>(kept());
  private systemDark = $state(false);
  private systemContrast = $state(false);

  /** What is shown, as a name that is another whenever a colour is. */
  readonly shown = $derived.by(() => {
    const dark = this.chosen === 'dark' || (this.chosen !== 'light' && this.systemDark);
    const contrast = this.chosen === 'contrast' || this.systemContrast;
    return `${dark ? 'dark' : 'light'}${contrast ? ' contrast' : ''}`;
  });

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.systemDark = system.matches;
    system.addEventListener('change', (event) => (this.systemDark = event.matches));
    const contrast = matchMedia('(prefers-contrast: more)');
    this.systemContrast = contrast.matches;
    contrast.addEventListener('change', (event) => (this.systemContrast = event.matches));
    this.apply();
  }

  next(): void {
    this.chosen = THEMES[(THEMES.indexOf(this.chosen) + 1) % THEMES.length] ?? 'auto';
    this.apply();
    try {
      localStorage.setItem(KEPT_AS, this.chosen);
    } catch {
      return;
    }
  }

  private apply(): void {
    document.documentElement.dataset['theme'] = this.chosen;
  }
}

export const theme = new ThemeChoice();

const resolved = new Map<string, string>();

/** A colour token as a canvas understands it. Asking the browser costs a layout, so answers are kept by theme. */
export function color(token: string): string {
  const name = `${theme.shown} ${token}`;
  const known = resolved.get(name);
  if (known !== undefined) return known;
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const answer = getComputedStyle(probe).color;
  probe.remove();
  resolved.set(name, answer);
  return answer;
}
