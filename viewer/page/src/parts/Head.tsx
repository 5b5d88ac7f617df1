import { linkTo } from '../lib/linkTo';
import { windowParams } from '../lib/windowParams';
import { connected, paused } from '../state/live';
import { link } from '../state/link';
import { status } from '../state/status';
import { theme, type Theme } from '../state/theme';
import { togglePause } from '../state/togglePause';
import { VIEWS } from '../types/Link';
import { Logo } from './Logo';
import { ViewLink } from './ViewLink';
import { WindowPicker } from './WindowPicker';

const NEXT: Record<Theme, Theme> = {
  auto: 'light',
  light: 'dark',
  dark: 'auto',
};
const SIGN: Record<Theme, string> = { auto: '◐', light: '☀', dark: '☾' };

/** Name of the run, the views, the time window, and whether the page is live. */
export function Head({ onHelp }: { onHelp: () => void }) {
  const { view, params } = link.value;
  const kept = windowParams(params);
  const state = !connected.value ? 'away' : paused.value ? 'paused' : 'live';
  return (
    <header class="head">
      <ViewLink class="brand" to={linkTo('runs', kept)} title="Runs">
        <Logo />
        {status.value?.run.name || 'tracepane'}
      </ViewLink>
      <nav aria-label="Views">
        {VIEWS.map((name, index) => (
          <ViewLink
            key={name}
            to={linkTo(name, kept)}
            title={`${title(name)} (${index + 1})`}
            aria-current={
              name === view || (name === 'traces' && view === 'trace')
                ? 'page'
                : undefined
            }
          >
            {title(name)}
          </ViewLink>
        ))}
      </nav>
      <div class="grow" />
      {view !== 'trace' && view !== 'runs' && <WindowPicker />}
      <button
        class="live button"
        data-state={state}
        onClick={togglePause}
        title="What arrives is shown at once (l)"
      >
        {state}
      </button>
      <div>
        <button
          class="button icon"
          onClick={() => (theme.value = NEXT[theme.value])}
          title={`Theme: ${theme.value} (t)`}
          aria-label={`Theme: ${theme.value}`}
        >
          {SIGN[theme.value]}
        </button>
        <button
          class="button icon"
          onClick={onHelp}
          title="Keys (?)"
          aria-label="Keys"
        >
          ?
        </button>
      </div>
    </header>
  );
}

function title(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
