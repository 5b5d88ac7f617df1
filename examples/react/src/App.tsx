import { invoke } from '@tauri-apps/api/core';
import { useEffect, useState } from 'react';
import { listen } from 'tauri-plugin-opentelemetry-api/events';
import { TracedBoundary } from './telemetry/TracedBoundary.js';
import { useAction } from './telemetry/useAction.js';

interface Report {
  title: string;
  rows: string[];
}

export function App() {
  const [report, setReport] = useState<Report>();
  const [status, setStatus] = useState('');
  // Rust emits it with `emit_traced`: what the handler does is in the trace of the command that did.
  useEffect(() => {
    const listening = listen<string>('report-changed', ({ payload }) => {
      setStatus(`${payload} has changed`);
    });
    return () => void listening.then((unlisten) => unlisten());
  }, []);

  const refresh = useAction(
    'ui.button_click',
    async () => {
      await invoke('refresh');
      // Below the same span, although it comes after an `await`.
      setReport(await invoke<Report>('read_report'));
    },
    (error) => setStatus(String(error)),
  );
  return (
    <TracedBoundary fallback={<p>The report cannot be shown.</p>}>
      <button onClick={refresh}>Refresh</button>
      <p role="status">{status}</p>
      {report && <ReportTable report={report} />}
    </TracedBoundary>
  );
}

function ReportTable({ report }: { report: Report }) {
  return (
    <table>
      <caption>{report.title.toUpperCase()}</caption>
      <tbody>
        {report.rows.map((row) => (
          <tr key={row}>
            <td>{row}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
