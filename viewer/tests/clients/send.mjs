// Sends a span, a log record and a data point with the SDK of OpenTelemetry. The environment has the endpoint, the protocol, the
// compression and the name of the service, as the specification names them. It ends when the receiver has taken everything.

import { logs, metrics, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK({ instrumentations: [] });
sdk.start();
trace.getTracer('client').startActiveSpan('work', (span) => {
  logs
    .getLogger('client')
    .emit({ body: 'it works', severityNumber: 13, severityText: 'WARN' });
  metrics.getMeter('client').createHistogram('work.size').record(7);
  span.end();
});
await sdk.shutdown();
