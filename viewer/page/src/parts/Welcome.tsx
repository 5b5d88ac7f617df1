import { status } from '../state/status';
import { Empty } from './Empty';

/** What to do while no trace has arrived yet. In a run that has ended none will. */
export function Welcome() {
  const { run, receiver } = status.value ?? {};
  if (run && !run.current) return <Empty title="No traces in this run" />;
  const { http, grpc } = receiver ?? {};
  return (
    <Empty title="Waiting for the first trace">
      <p>Use the app: what it does appears here at once.</p>
      {http && (
        <pre>
          OTEL_EXPORTER_OTLP_ENDPOINT={http}
          {grpc && `\n# or gRPC: ${grpc}`}
        </pre>
      )}
      <p>Or drop a file with OTLP JSON lines here.</p>
    </Empty>
  );
}
