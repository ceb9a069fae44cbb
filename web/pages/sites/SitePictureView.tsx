// The sites and the links between them as a picture: arrows show where data goes. The cards beneath say the same in words.
import { createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js';
import type { SiteView } from '#server/http/contract/index.ts';
import { placeSites, siteTone } from '../../format/sites.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';

const SITE = { siteWidth: 116, siteHeight: 46 };
const NARROWEST = 280;
const LOW = 110;
const HIGH = 260;
const INKS = { ok: 'text-ok', busy: 'text-info', wait: 'text-warn', bad: 'text-bad', off: 'text-faint' } as const;

export function SitePictureView(props: { readonly sites: readonly SiteView[] }): JSX.Element {
  let box!: HTMLDivElement;
  const [width, setWidth] = createSignal(600);
  onMount(() => {
    const observer = new ResizeObserver(() => setWidth(Math.max(NARROWEST, Math.floor(box.clientWidth))));
    observer.observe(box);
    onCleanup(() => observer.disconnect());
  });
  const height = () => (props.sites.length <= 2 ? LOW : HIGH);
  const picture = createMemo(() => placeSites(props.sites, { width: Math.min(width(), 760), height: height(), ...SITE }));
  const of = (name: string) => props.sites.find((site) => site.name === name);
  const summary = () => props.sites.map((site) => `${site.name}: ${t().sites.states[site.state]}${site.links.map((link) => `, ${t().sites.link[link.data](link.to)}`).join('')}`).join('; ');
  return (
    <div ref={box} class="border-line flex w-full min-w-0 justify-center border-b py-3">
      <svg width={Math.min(width(), 760)} height={height()} role="img" aria-label={`${t().sites.picture}. ${summary()}`} class="block max-w-full text-[11px]">
        <defs>
          <marker id="site-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
            <path d="M0 0 8 4 0 8z" fill="var(--edge)" />
          </marker>
        </defs>
        <For each={picture().links}>
          {(link) => (
            <g>
              <line x1={link.x1} y1={link.y1} x2={link.x2} y2={link.y2} stroke="var(--edge)" stroke-width="1.5" stroke-dasharray={link.data === 'one-way' ? '5 4' : undefined} marker-end="url(#site-arrow)" marker-start={link.data === 'both' ? 'url(#site-arrow)' : undefined} />
              <text x={(link.x1 + link.x2) / 2} y={(link.y1 + link.y2) / 2 - 6} text-anchor="middle" fill="var(--faint)" stroke="var(--panel)" stroke-width="4" paint-order="stroke">
                {t().sites.data[link.data]}
              </text>
              <Show when={link.mbps}>
                {(mbps) => (
                  <text x={(link.x1 + link.x2) / 2} y={(link.y1 + link.y2) / 2 + 15} text-anchor="middle" fill="var(--faint)" stroke="var(--panel)" stroke-width="4" paint-order="stroke">
                    {t().sites.mbps(show.number(mbps()))}
                  </text>
                )}
              </Show>
            </g>
          )}
        </For>
        <For each={picture().sites}>
          {(placed) => (
            <Show when={of(placed.name)}>
              {(site) => (
                <g class={INKS[siteTone(site().state)]}>
                  <rect x={placed.x - SITE.siteWidth / 2} y={placed.y - SITE.siteHeight / 2} width={SITE.siteWidth} height={SITE.siteHeight} rx="8" fill="var(--panel)" stroke="currentColor" stroke-width="2" />
                  <text x={placed.x} y={placed.y - 3} text-anchor="middle" fill="var(--ink)" font-weight="600" font-size="13">
                    {placed.name}
                  </text>
                  <text x={placed.x} y={placed.y + 13} text-anchor="middle" fill="currentColor">
                    {t().sites.states[site().state]}
                  </text>
                </g>
              )}
            </Show>
          )}
        </For>
      </svg>
    </div>
  );
}
