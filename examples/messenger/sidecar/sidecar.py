"""Packs and unpacks messages: `sidecar.py pack|unpack`, one JSON object on standard input, one on standard output.

It is traced if OTEL_EXPORTER_OTLP_ENDPOINT is set, as a part of the trace in TRACEPARENT. Otherwise nothing of
OpenTelemetry is imported, and without OpenTelemetry it runs as well.
"""

import base64
import contextlib
import json
import os
import sys
import zlib

MAX_TEXT = 1 << 20

# The desktop waits for the end of this process, so a collector that is away may cost no more.
EXPORT_SECONDS = 1


def pack(message):
    text = message["text"].encode()
    print(f"packing {len(text)} bytes", file=sys.stderr)
    return {"packed": base64.b64encode(zlib.compress(text)).decode()}


def unpack(message):
    inflate = zlib.decompressobj()
    text = inflate.decompress(base64.b64decode(message["packed"]), MAX_TEXT)
    if inflate.unconsumed_tail:
        raise ValueError(f"the text has more than {MAX_TEXT} bytes")
    print(f"unpacked {len(text)} bytes", file=sys.stderr)
    return {"text": text.decode()}


@contextlib.contextmanager
def traced(name):
    """A span around the work, which is sent before the process ends."""
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if disabled or not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        yield
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.propagate import extract
        from opentelemetry.propagators._envcarrier import EnvironmentGetter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        print(f"not traced: {error}", file=sys.stderr)
        yield
        return
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)))
    trace.set_tracer_provider(provider)
    parent = extract(os.environ, getter=EnvironmentGetter())
    tracer = trace.get_tracer("messenger-sidecar")
    try:
        with tracer.start_as_current_span(name, context=parent):
            yield
    finally:
        provider.shutdown()


def main():
    work = {"pack": pack, "unpack": unpack}.get(*sys.argv[1:2])
    if work is None:
        sys.exit("usage: sidecar.py pack|unpack")
    with traced(work.__name__):
        answer = work(json.load(sys.stdin))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
