// Runs before the first paint, so that a dark console never flashes white. A file of its own: the server's policy allows no inline scripts.
// web/shell/preferences.tsx writes the same key.
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem('firn.theme');
  } catch {
    stored = null;
  }
  var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
})();
