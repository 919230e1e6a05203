/** Whether the alarm panel is open, and where the focus was before. */

export const PANEL_TABS = ['standing', 'journal', 'statistics', 'audit'] as const;
export type PanelTab = (typeof PANEL_TABS)[number];

class Panel {
  open = $state(false);
  tab = $state<PanelTab>('standing');
  private opener: HTMLElement | null = null;

  show(tab: PanelTab = 'standing'): void {
    if (!this.open && document.activeElement instanceof HTMLElement) this.opener = document.activeElement;
    this.tab = tab;
    this.open = true;
  }

  close(): void {
    this.open = false;
    // The opener may be of a layout that is gone.
    if (this.opener?.isConnected === true) this.opener.focus();
    this.opener = null;
  }

  toggle(): void {
    if (this.open) this.close();
    else this.show();
  }
}

export const panel = new Panel();
