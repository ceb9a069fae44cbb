// Lines that grow at their end: draws only those in sight, and follows the end until somebody scrolls away.
import { createVirtualizer } from '@tanstack/solid-virtual';
import { createEffect, For, on, type JSX } from 'solid-js';
import { Button } from './Button.tsx';

const ROW_PX = 19;
const AHEAD = 20;
/** This near to the end counts as at the end. */
const END_PX = 24;

export interface TailProps {
  readonly count: number;
  readonly label: string;
  readonly testId: string;
  /** Its height, and how its corners are. */
  readonly class: string;
  readonly follow: boolean;
  /** Somebody scrolled away, or a line was asked for. */
  readonly onLeave: () => void;
  /** The line that is brought to the middle whenever it changes. */
  readonly at?: number | undefined;
  /** One line, by its place among them. */
  readonly children: (index: number) => JSX.Element;
}

export function Tail(props: TailProps): JSX.Element {
  let scroller!: HTMLDivElement;
  // Only a person scrolls up; the log itself only ever goes to the end.
  let isByHand = false;
  const virtual = createVirtualizer({
    get count() {
      return props.count;
    },
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
  });
  const toEnd = (): void => {
    if (props.follow && props.count > 0) virtual.scrollToIndex(props.count - 1, { align: 'end' });
  };
  createEffect(on([() => props.count, () => props.follow], () => queueMicrotask(toEnd)));
  createEffect(
    on(
      () => props.at,
      (line) => {
        if (line === undefined) return;
        props.onLeave();
        virtual.scrollToIndex(line, { align: 'center' });
      },
    ),
  );
  const touched = (): void => {
    isByHand = true;
  };
  const onScroll = (): void => {
    const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;
    if (!isAtEnd && props.follow && isByHand) props.onLeave();
    isByHand = false;
  };
  return (
    <div
      ref={scroller}
      class={`bg-sunken code overflow-auto ${props.class}`}
      tabindex="0"
      role="log"
      aria-live="off"
      aria-label={props.label}
      data-testid={props.testId}
      onWheel={touched}
      onTouchMove={touched}
      onKeyDown={touched}
      onPointerDown={touched}
      onScroll={onScroll}
    >
      <div class="relative min-w-max" style={{ height: `${virtual.getTotalSize()}px` }}>
        <For each={virtual.getVirtualItems()}>
          {(item) => (
            <div class="absolute left-0 flex w-full items-stretch whitespace-pre" style={{ height: `${ROW_PX}px`, transform: `translateY(${item.start}px)` }}>
              {props.children(item.index)}
            </div>
          )}
        </For>
      </div>
    </div>
  );
}

/** Goes to the end and stays there, or stays where it is. */
export function FollowButton(props: { readonly class?: string; readonly follow: boolean; readonly onInput: (follow: boolean) => void; readonly texts: { readonly stop: string; readonly follow: string } }): JSX.Element {
  return (
    <Button class={props.class ?? ''} size="sm" tone={props.follow ? 'plain' : 'primary'} icon={props.follow ? 'pause' : 'down'} onClick={() => props.onInput(!props.follow)}>
      {props.follow ? props.texts.stop : props.texts.follow}
    </Button>
  );
}
