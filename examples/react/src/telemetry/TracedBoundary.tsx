import { Component, type ErrorInfo, type ReactNode } from 'react';
import { telemetry } from 'tauri-plugin-opentelemetry-api';

interface Props {
  children: ReactNode;
  fallback: ReactNode;
}

/** Shows `fallback` in place of children that cannot be rendered, and records why. */
export class TracedBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: Error, { componentStack }: ErrorInfo) {
    telemetry
      .startSpan('render failed', {
        'app.component_stack': componentStack ?? '',
      })
      .recordException(error)
      .setStatus('error', error.message)
      .end();
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
