// An address that leads nowhere.
import type { JSX } from 'solid-js';
import { paths } from '../paths.ts';
import { t } from '../shell/preferences.ts';
import { ButtonLink } from '../ui/Button.tsx';
import { Empty } from '../ui/Loaded.tsx';

export default function MissingPage(): JSX.Element {
  return (
    <>
      <h1 class="sr-only">{t().shell.pageMissing}</h1>
      <Empty icon="search" title={t().shell.pageMissing} action={<ButtonLink href={paths.overview()}>{t().shell.toOverview}</ButtonLink>}>
        {t().shell.pageMissingLead}
      </Empty>
    </>
  );
}
