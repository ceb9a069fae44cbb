// A terminal in a page, by xterm: takes where it goes, gives what is typed and takes what is shown. Knows nothing of who is at the other end.
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

const FONT_PX = 13;
const MOST_LINES = 5_000;

export interface TerminalParts {
  readonly onInput: (text: string) => void;
  readonly onSize: (size: { readonly columns: number; readonly rows: number }) => void;
}

export interface TerminalHandle {
  readonly size: { readonly columns: number; readonly rows: number };
  write(bytes: Uint8Array | string): void;
  focus(): void;
  paint(): void;
  close(): void;
}

/** Opens it in `place` and keeps it as large as that is. */
export function openTerminal(place: HTMLElement, parts: TerminalParts): TerminalHandle {
  const terminal = new Terminal({ fontSize: FONT_PX, fontFamily: getComputedStyle(place).fontFamily, scrollback: MOST_LINES, cursorBlink: true, screenReaderMode: true, theme: theme(place) });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withoutInlineStyles(document, () => terminal.open(place));
  fit.fit();
  const watch = new ResizeObserver(() => fit.fit());
  watch.observe(place);
  terminal.onData((text) => parts.onInput(text));
  terminal.onBinary((text) => parts.onInput(text));
  terminal.onResize(({ cols, rows }) => parts.onSize({ columns: cols, rows }));
  return {
    get size() {
      return { columns: terminal.cols, rows: terminal.rows };
    },
    write: (bytes) => terminal.write(bytes),
    focus: () => terminal.focus(),
    paint: () => (terminal.options.theme = theme(place)),
    close() {
      watch.disconnect();
      terminal.dispose();
    },
  };
}

/** The colours of the page as they are now. */
function theme(place: HTMLElement) {
  const look = getComputedStyle(place);
  const of = (name: string) => look.getPropertyValue(name).trim();
  return { background: of('--sunken'), foreground: of('--ink'), cursor: of('--accent'), cursorAccent: of('--sunken'), selectionBackground: of('--accent-soft'), red: of('--bad'), brightRed: of('--bad'), green: of('--ok'), brightGreen: of('--ok'), yellow: of('--warn'), brightYellow: of('--warn'), blue: of('--info'), brightBlue: of('--info'), cyan: of('--accent'), brightCyan: of('--accent'), white: of('--muted'), brightWhite: of('--ink'), black: of('--line'), brightBlack: of('--faint') };
}

/**
 * Runs what makes style elements and fills them with rules: the page's content policy forbids those, so the rules become sheets that are adopted,
 * and an element that shows nothing stands where the style would.
 */
function withoutInlineStyles(of: Document, work: () => void): void {
  const make = of.createElement.bind(of);
  of.createElement = (name: string) => (name.toLowerCase() === 'style' ? adopted(of, make('template')) : make(name));
  try {
    work();
  } finally {
    Reflect.deleteProperty(of, 'createElement');
  }
}

function adopted(of: Document, element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  of.adoptedStyleSheets = [...of.adoptedStyleSheets, sheet];
  let text = '';
  Object.defineProperty(element, 'textContent', {
    get: () => text,
    set(rules: string) {
      text = rules;
      sheet.replaceSync(rules);
    },
  });
  const remove = element.remove.bind(element);
  element.remove = () => {
    of.adoptedStyleSheets = of.adoptedStyleSheets.filter((each) => each !== sheet);
    remove();
  };
  return element;
}
