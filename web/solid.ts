// The only door to solid-js/web and solid-js/store: Solid 2 moves both, and then one file changes.
export { render } from 'solid-js/web';
export { createStore, unwrap } from 'solid-js/store';
