import { status } from '../state/status';
import { Empty } from './Empty';

/** What to do while nothing has arrived yet. */
export function Welcome() {
  const { http, grpc } = status.value?.receiver ?? {};
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
