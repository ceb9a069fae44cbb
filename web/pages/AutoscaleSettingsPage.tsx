// How a workload follows demand: its settings, and beside them what they would have done and would decide now.
import { useParams, useSearchParams } from '@solidjs/router';
import type { JSX } from 'solid-js';
import { paths } from '../paths.ts';
import { t } from '../shell/preferences.ts';
import { PageHead } from '../ui/Panel.tsx';

export default function AutoscaleSettingsPage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const [search] = useSearchParams<{ environment?: string }>();
  return <PageHead title={t().autoscale.settings} crumbs={[{ href: paths.service(params.name, { environment: search.environment ?? 'production', tab: 'autoscale' }), text: params.name }]} />;
}
