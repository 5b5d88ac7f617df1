"""Sends a span, a log record and a data point with the SDK of OpenTelemetry; the argument is `grpc` or `http`.

The environment has the endpoint, the compression and the name of the service, as the specification names them. It ends when the
receiver has taken everything.
"""

import logging
import sys
from importlib import import_module

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def exporter(module, name):
    package = f"opentelemetry.exporter.otlp.proto.{sys.argv[1]}"
    return getattr(import_module(f"{package}.{module}"), name)()


tracers = TracerProvider()
tracers.add_span_processor(BatchSpanProcessor(exporter("trace_exporter", "OTLPSpanExporter")))
loggers = LoggerProvider()
loggers.add_log_record_processor(BatchLogRecordProcessor(exporter("_log_exporter", "OTLPLogExporter")))
meters = MeterProvider([PeriodicExportingMetricReader(exporter("metric_exporter", "OTLPMetricExporter"))])

with tracers.get_tracer("client").start_as_current_span("work"):
    logger = logging.getLogger("client")
    logger.addHandler(LoggingHandler(logger_provider=loggers))
    logger.warning("it works")
    meters.get_meter("client").create_histogram("work.size").record(7)
for provider in (tracers, loggers, meters):
    provider.shutdown()
