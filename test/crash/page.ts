// The page of the crash tests: runs the scenario that its address names.
import { runInPage } from '../../scripts/page-guest.ts';
import { type Pending, pending, type Recovered, recover } from './scenarios.ts';

export type Settings = { scenario: 'pending' } | { scenario: 'recover'; crashes: number };

void runInPage<Settings, 'kill', Pending | Recovered>(async (settings, tell) => {
  const kill = () => tell('kill');
  return settings.scenario === 'pending' ? pending(kill) : recover(kill, settings.crashes);
});
