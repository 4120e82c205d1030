import { signal } from '@preact/signals';

/** The path of the screen that is shown. */
export const path = signal(location.pathname);

/** Shows another screen of the page. */
export function go(to: string): void {
  if (to === path.value) return;
  history.pushState(null, '', to);
  path.value = to;
  scrollTo(0, 0);
}

/** Follows the browser's own buttons, and turns clicks on links of the page into changes of the screen. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    path.value = location.pathname;
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest('a');
    if (link === null || link.hasAttribute('download') || link.target !== '' || link.origin !== location.origin) return;
    if (link.pathname !== '/' && !link.pathname.startsWith('/app')) return;
    event.preventDefault();
    go(link.pathname);
  });
}
