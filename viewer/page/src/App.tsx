import { useState } from 'preact/hooks';
import { freezeWindow } from './lib/freezeWindow';
import { linkTo } from './lib/linkTo';
import { windowParams } from './lib/windowParams';
import { withParams } from './lib/withParams';
import { writeLink } from './lib/writeLink';
import { FileDrop } from './parts/FileDrop';
import { Head } from './parts/Head';
import { Help } from './parts/Help';
import { Losses } from './parts/Losses';
import { go } from './state/go';
import { link } from './state/link';
import { message } from './state/message';
import { status } from './state/status';
import { theme } from './state/theme';
import { togglePause } from './state/togglePause';
import { useShortcuts } from './state/useShortcuts';
import { useStatus } from './state/useStatus';
import { VIEWS, type ViewName } from './types/Link';
import { Commands } from './views/Commands';
import { Errors } from './views/Errors';
import { Logs } from './views/Logs';
import { Metrics } from './views/Metrics';
import { ServiceMap } from './views/ServiceMap';
import { Runs } from './views/Runs';
import { TraceView } from './views/TraceView';
import { Traces } from './views/Traces';

const VIEW: Record<ViewName, () => preact.JSX.Element> = {
  traces: Traces,
  trace: TraceView,
  commands: Commands,
  errors: Errors,
  logs: Logs,
  metrics: Metrics,
  map: ServiceMap,
  runs: Runs,
};

/** The page. */
export function App() {
  const [help, setHelp] = useState(false);
  useStatus();
  useShortcuts([
    ...VIEWS.map((name, index) => ({
      key: String(index + 1),
      does: name,
      run: () => go(linkTo(name, windowParams(link.value.params))),
    })),
    {
      key: 't',
      does: 'theme',
      run: () => (theme.value = theme.value === 'dark' ? 'light' : 'dark'),
    },
    {
      key: 'l',
      does: 'pause or go on live',
      run: togglePause,
    },
    {
      key: 'y',
      does: 'copy the link, with its run and its time window',
      run: () => void copyLink(),
    },
    { key: '?', does: 'these keys', run: () => setHelp(true) },
  ]);
  const { view, id } = link.value;
  const View = VIEW[view];
  return (
    <>
      <Head onHelp={() => setHelp(true)} />
      {message.value && (
        <div class="notice" role="status">
          <span class="grow">{message}</span>
          <button
            class="button icon"
            onClick={() => (message.value = '')}
            aria-label="Close"
          >
            ×
          </button>
        </div>
      )}
      <main>
        {/* Another trace is another view. The catalogue stays while one metric after the other is looked at. */}
        <View key={view === 'trace' ? id : view} />
      </main>
      <Losses />
      <FileDrop />
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

async function copyLink(): Promise<void> {
  const frozen = freezeWindow(link.value, Date.now());
  // A link without a run shows the one that is current when it is opened.
  const run = link.value.params.get('run') ?? status.value?.run.id;
  const url = new URL(location.href);
  url.hash = writeLink(withParams(frozen, { run }));
  try {
    await navigator.clipboard.writeText(url.href);
    message.value = 'The link is copied.';
  } catch {
    message.value = url.href;
  }
}
