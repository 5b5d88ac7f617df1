import { useEffect, useRef } from 'preact/hooks';
import { shortcuts } from '../state/shortcuts';

/** The list of all shortcuts that hold in this view. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
      onKeyDown={(event) => {
        if (event.key === '?') dialog.current?.close();
      }}
      aria-labelledby="help-title"
    >
      <h1 id="help-title">Keys</h1>
      <dl class="keys">
        {[...shortcuts.value]
          .reverse()
          .flat()
          .map(({ key, shown, does }) => [
            <dt key={key}>
              <kbd>{shown ?? key}</kbd>
            </dt>,
            <dd key={does}>{does}</dd>,
          ])}
      </dl>
      <p class="muted" style={{ marginTop: '14px' }}>
        Ctrl and wheel zooms a timeline, Shift and wheel moves it. Drop a file
        with OTLP JSON lines anywhere to open it.
      </p>
    </dialog>
  );
}
