// The page of the crash tests: runs the scenario that its address names.
import { runInPage } from '../../scripts/page-guest.ts';
import { type Pending, pending, type Recovered, recover, type Trained, train } from './scenarios.ts';

export type Settings =
  | { scenario: 'pending' }
  | { scenario: 'recover'; crashes: number }
  | { scenario: 'train' };

void runInPage<Settings, 'kill', Pending | Recovered | Trained>(async (settings, tell) => {
  const kill = () => tell('kill');
  if (settings.scenario === 'train') return train(kill);
  return settings.scenario === 'pending' ? pending(kill) : recover(kill, settings.crashes);
});
