// What a browser test saw when it failed: a picture and the text of every open page, below test-results/. Loaded before each file of the project.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openPages } from './seat.ts';

const FOLDER = fileURLToPath(new URL('../../test-results', import.meta.url));

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await mkdir(FOLDER, { recursive: true });
  const name = task.name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60);
  for (const [index, page] of [...openPages].entries()) {
    // A page that hangs must not hide why the test failed.
    await page.screenshot({ path: join(FOLDER, `${name}-${index}.png`), timeout: 5_000 }).catch(() => undefined);
    const text = await page.locator('body').innerText({ timeout: 5_000 }).catch(() => 'the page does not answer');
    await writeFile(join(FOLDER, `${name}-${index}.txt`), `${page.url()}\n\n${text}\n`);
  }
});
