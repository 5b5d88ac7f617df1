"""However the work ends, the span of a family says so, with its declared attributes and no others."""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import unittest

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

import families
from families import CONNECT, INFER, MAPE_K
from spankit import Attr, SpanFamily

EXPORTER = InMemorySpanExporter()
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))
trace.set_tracer_provider(PROVIDER)
READER = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([READER]))

HERE = pathlib.Path(__file__).parent

TYPES = {str: "string", int: "int", float: "double", bool: "boolean"}


class Families(unittest.TestCase):
    def setUp(self):
        EXPORTER.clear()

    def only(self):
        (span,) = EXPORTER.get_finished_spans()
        return span

    def failed(self, error_type):
        span = self.only()
        self.assertEqual(span.status.status_code, StatusCode.ERROR)
        self.assertEqual(span.attributes["error.type"], error_type)
        self.assertEqual(span.attributes["mape_k.outcome"], "failed")
        self.assertFalse(span.events)

    def test_a_success_has_all_declared_attributes_and_no_others(self):
        with MAPE_K(phase="analyze", cycle=7) as span:
            span.ok(findings=3)
        span = self.only()
        self.assertEqual(span.name, "mape_k.analyze")
        self.assertEqual(
            dict(span.attributes),
            {"mape_k.phase": "analyze", "mape_k.cycle": 7, "mape_k.findings": 3, "mape_k.outcome": "success"},
        )

    def test_an_exception_is_told_by_its_type_and_never_by_its_text(self):
        with self.assertRaises(ValueError):
            with MAPE_K(phase="plan", cycle=1):
                raise ValueError("a secret")
        self.failed("ValueError")
        self.assertNotIn("secret", self.only().to_json())

    def test_a_block_that_is_left_without_a_word_was_dropped(self):
        with MAPE_K(phase="plan", cycle=1):
            pass
        self.failed("dropped")

    def test_a_cancelled_task_says_so(self):
        async def cancel():
            started = asyncio.Event()

            @MAPE_K.spanned(phase="plan", cycle=1)
            async def work():
                started.set()
                await asyncio.Event().wait()

            task = asyncio.create_task(work())
            await started.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(cancel())
        self.failed("cancelled")

    def test_a_partial_success_needs_an_outcome(self):
        with MAPE_K(phase="plan", cycle=1) as span:
            span.partial(findings=1)
        self.assertEqual(self.only().attributes["mape_k.outcome"], "partial")
        with INFER(model="m", version="1") as span:
            with self.assertRaisesRegex(TypeError, "declares no outcome"):
                span.partial(samples=1, confidence=0.5)
            span.ok(samples=1, confidence=0.5)

    def test_a_decorated_function_is_a_span_and_the_parent_of_what_it_calls(self):
        @CONNECT.spanned(end=lambda _: {"hops": 1, "round_trip": 0.5}, peer="b", transport="udp")
        def connect():
            return 5

        @MAPE_K.spanned(end=lambda found: {"findings": found}, phase="monitor", cycle=1)
        def monitor():
            return connect()

        self.assertEqual(monitor(), 5)
        inner, outer = EXPORTER.get_finished_spans()
        self.assertEqual((inner.name, outer.name), ("mesh.connect b", "mape_k.monitor"))
        self.assertEqual(inner.parent.span_id, outer.context.span_id)

    def test_a_mistake_about_the_end_costs_its_fields_and_not_the_result(self):
        for end in (lambda _: 1 / 0, lambda _: {"found": 3}, lambda _: None):
            EXPORTER.clear()

            @MAPE_K.spanned(end=end, phase="analyze", cycle=1)
            def analyze():
                return 5

            @MAPE_K.spanned(end=end, phase="analyze", cycle=1)
            async def analyze_async():
                return 6

            with self.assertLogs("spankit", "ERROR"):
                self.assertEqual(analyze(), 5)
            with self.assertLogs("spankit", "ERROR"):
                self.assertEqual(asyncio.run(analyze_async()), 6)
            for span in EXPORTER.get_finished_spans():
                self.assertEqual(span.status.status_code, StatusCode.UNSET)
                self.assertEqual(
                    dict(span.attributes),
                    {"mape_k.phase": "analyze", "mape_k.cycle": 1, "mape_k.outcome": "success"},
                )
            self.assertEqual(len(EXPORTER.get_finished_spans()), 2)

    def test_wrong_fields_are_errors_that_name_them(self):
        with self.assertRaisesRegex(TypeError, "lacks the field 'cycle'"):
            MAPE_K(phase="plan")
        with self.assertRaisesRegex(TypeError, "'cycles' is not a field .* there are phase, cycle"):
            MAPE_K(phase="plan", cycle=1, cycles=1)
        with self.assertRaisesRegex(TypeError, "'cycle' .* is a bool instead of a int"):
            MAPE_K(phase="plan", cycle=True)
        with self.assertRaisesRegex(ValueError, "needs 'model'"):
            SpanFamily("infer {model}", start={"name": Attr("ml.name", str)})

    def test_metrics_come_from_the_same_declaration(self):
        with INFER(model="measured", version="1") as span:
            span.ok(samples=4, confidence=0.5)
        found = {}
        for resource in READER.get_metrics_data().resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        if point.attributes.get("ml.model.name") == "measured":
                            found[metric.name] = (metric.unit, point)
        self.assertEqual(found["ml.inferred_samples"][1].value, 4)
        self.assertEqual((found["ml.infer.duration"][0], found["ml.infer.duration"][1].count), ("s", 1))

    def test_the_declarations_are_those_of_rust(self):
        # YAML, in the part of it that is JSON.
        registry = json.loads((HERE.parent / "families.yaml").read_text())
        attributes = {attribute["key"]: attribute for attribute in registry["attributes"]}
        spans = {span["name"]["note"]: span for span in registry["spans"]}
        compared = 0
        for family in vars(families).values():
            if not isinstance(family, SpanFamily):
                continue
            compared += 1
            span = spans[family.name]
            self.assertEqual(span["kind"], family.kind.name.lower())
            self.assertEqual(span.get("annotations", {}).get("spankit", {}).get("outcome"), family.outcome)
            declared = []
            for is_start, fields in ((True, family.start), (False, family.end)):
                for attr in fields.values():
                    level = "recommended" if attr.optional else "required"
                    declared.append({"ref": attr.name, "requirement_level": level, "sampling_relevant": is_start})
                    known = attributes[attr.name]
                    if isinstance(known["type"], str):
                        self.assertEqual(known["type"], TYPES[attr.type], attr.name)
                    else:
                        self.assertIs(attr.type, str, attr.name)
                    unit = known.get("annotations", {}).get("spankit", {}).get("unit")
                    self.assertEqual(unit, attr.unit, attr.name)
            if family.outcome is not None:
                declared.append({"ref": family.outcome, "requirement_level": "required", "sampling_relevant": False})
            self.assertEqual(span["attributes"], declared)
            grouped = [family.start[field].name for field in family.by]
            if family.outcome is not None:
                grouped.append(family.outcome)
            measured = [
                (metric.name, type(metric).__name__.lower(), metric.unit or "1", metric.of, grouped)
                for metric in family.metrics
            ]
            expected = [
                (
                    metric["name"],
                    metric["instrument"],
                    metric["unit"],
                    metric["annotations"]["spankit"]["of"],
                    [attribute["ref"] for attribute in metric["attributes"]],
                )
                for metric in registry["metrics"]
                if metric["annotations"]["spankit"]["span"] == span["type"]
            ]
            self.assertEqual(measured, expected)
        self.assertEqual(compared, 4)

    def test_a_disabled_sdk_records_nothing(self):
        script = (
            "from opentelemetry import trace\n"
            "from opentelemetry.sdk.trace import TracerProvider\n"
            "trace.set_tracer_provider(TracerProvider())\n"
            "from families import MAPE_K\n"
            "with MAPE_K(phase='plan', cycle=1) as span:\n"
            "    print(trace.get_current_span().is_recording())\n"
            "    span.ok(findings=1)\n"
        )
        for disabled, recorded in (("true", "False"), ("false", "True")):
            environment = {**os.environ, "OTEL_SDK_DISABLED": disabled}
            printed = subprocess.run(
                [sys.executable, "-c", script], cwd=HERE, env=environment, capture_output=True, text=True, check=True
            )
            self.assertEqual(printed.stdout.strip(), recorded)


if __name__ == "__main__":
    unittest.main()
