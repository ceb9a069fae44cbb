// Starts the console: preferences first, so that nothing flashes, then the routes inside the shell.
import { Router } from '@solidjs/router';
import { QueryClient, QueryClientProvider } from '@tanstack/solid-query';
import { ApiError } from './api/client.ts';
import { Routes } from './routes.tsx';
import { startPreferences } from './shell/preferences.ts';
import { Shell } from './shell/Shell.tsx';
import { render } from './solid.ts';
import './app.css';

const MOST_TRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The live stream says what changed; until it does, an answer is good.
      staleTime: 30_000,
      refetchOnWindowFocus: 'always',
      // Rows keep their elements, their focus and their open menus when an answer is asked anew.
      reconcile: 'id',
      // What the server refused it will refuse again.
      retry: (tries, error) => tries < MOST_TRIES && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

const root = document.getElementById('console');
if (root === null) throw new Error('index.html has no #console');
await startPreferences();
render(
  () => (
    <QueryClientProvider client={client}>
      <Router root={Shell}>
        <Routes />
      </Router>
    </QueryClientProvider>
  ),
  root,
);
