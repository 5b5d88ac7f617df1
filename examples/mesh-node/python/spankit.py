"""Families of spans, as the crate `spankit` has them, for Python.

A family is declared once. Its spans are used as a context manager, or by decorating a function:

    PHASE = SpanFamily(
        "mape_k.{phase}",
        start={"phase": Attr("mape_k.phase", str), "cycle": Attr("mape_k.cycle", int)},
        end={"findings": Attr("mape_k.findings", int)},
        outcome="mape_k.outcome",
        metrics=[Histogram("mape_k.phase.duration", of="duration", unit="s")],
        by=["phase"],
    )

    with PHASE(phase="analyze", cycle=7) as span:
        findings = analyze()
        span.ok(findings=len(findings))

    @PHASE.spanned(end=lambda found: {"findings": len(found)}, phase="analyze", cycle=7)
    def analyze(): ...

It needs the API of OpenTelemetry and no SDK. Nothing is recorded without an SDK, and with `OTEL_SDK_DISABLED=true`.
"""

import asyncio
import functools
import inspect
import logging
import string
import time
from dataclasses import dataclass

from opentelemetry import metrics as metrics_api
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

_SCOPE = "spankit"


@dataclass(frozen=True)
class Attr:
    """An attribute: its name, its type, and its unit as UCUM writes it. An optional one can be left out."""

    name: str
    type: type
    unit: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Histogram:
    """A distribution of the `duration` in seconds, or of a field of the end."""

    name: str
    of: str
    unit: str = ""


@dataclass(frozen=True)
class Counter:
    """A sum over a field of the end."""

    name: str
    of: str
    unit: str = ""


class SpanFamily:
    """A family of spans. A call with the fields of the start makes one."""

    def __init__(self, name, *, kind=SpanKind.INTERNAL, start=None, end=None, outcome=None, metrics=(), by=()):
        self.name = name
        self.kind = kind
        self.start = start or {}
        self.end = end or {}
        self.outcome = outcome
        self.metrics = metrics
        self.by = by
        for _, field, _, _ in string.Formatter().parse(name):
            if field is not None and field not in self.start:
                raise ValueError(f"the name {name!r} needs {field!r}, which is not a field of its start")
        for field in by:
            if field not in self.start:
                raise ValueError(f"metrics of {name!r} are grouped by {field!r}, which is not a field of its start")
        for metric in metrics:
            if metric.of != "duration" and metric.of not in self.end:
                raise ValueError(f"{metric.name} measures {metric.of!r}, which is not a field of the end of {name!r}")

    def __call__(self, **fields):
        return FamilySpan(self, fields)

    def spanned(self, end=None, **fields):
        """Makes each call of a function a span. `end` makes the fields of the end of what the function returns. A mistake in it
        is logged, and costs those fields."""

        def decorate(function):
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def awaited(*args, **kwargs):
                    with self(**fields) as span:
                        result = await function(*args, **kwargs)
                        span._ok_with(end, result)
                        return result

                return awaited

            @functools.wraps(function)
            def called(*args, **kwargs):
                with self(**fields) as span:
                    result = function(*args, **kwargs)
                    span._ok_with(end, result)
                    return result

            return called

        return decorate


class FamilySpan:
    """One span. It ends by `ok`, `partial` or `fail`, or else by the way its block is left."""

    def __init__(self, family, fields):
        self._family = family
        self._fields = fields
        self._start = _attributes(family.start, fields, f"the start of {family.name!r}")

    def __enter__(self):
        family = self._family
        self._span = trace.get_tracer(_SCOPE).start_span(
            family.name.format(**self._fields), kind=family.kind, attributes=self._start
        )
        self._current = trace.use_span(self._span, record_exception=False, set_status_on_exception=False)
        self._current.__enter__()
        self._since = time.monotonic()
        self._ended = False
        return self

    def __exit__(self, kind, error, traceback):
        self._current.__exit__(kind, error, traceback)
        if self._ended:
            return
        if kind is None:
            self.fail_as("dropped")
        elif issubclass(kind, asyncio.CancelledError):
            self.fail_as("cancelled")
        else:
            self.fail(error)

    def ok(self, **fields):
        """Ends the span well."""
        self._finish("success", None, fields)

    def _ok_with(self, end, result):
        """Ends the span of work that has succeeded, and stays so whatever is wrong with `end`."""
        try:
            self.ok(**(end(result) if end else {}))
        except Exception:
            logging.getLogger(_SCOPE).exception("what is known at the end of %r is lost", self._family.name)
            if not self._ended:
                self._finish("success", None, None)

    def partial(self, **fields):
        """Ends the span as one that did a part of its work."""
        if self._family.outcome is None:
            raise TypeError(f"{self._family.name!r} declares no outcome, so it has no partial one")
        self._finish("partial", None, fields)

    def fail(self, error):
        """Ends the span with an error. Its type is recorded; its text is not, because it can contain anything."""
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        self.fail_as(name)

    def fail_as(self, error_type):
        """Ends the span with this `error.type`, which has to be one of few."""
        self._finish("failed", error_type, None)

    def _finish(self, outcome, error_type, fields):
        if self._ended:
            raise RuntimeError(f"the span {self._family.name!r} has ended before")
        family = self._family
        end = {}
        if fields is not None:
            end = _attributes(family.end, fields, f"the end of {family.name!r}")
        self._ended = True
        self._span.set_attributes(end)
        if family.outcome is not None:
            self._span.set_attribute(family.outcome, outcome)
        if error_type is not None:
            self._span.set_attribute("error.type", error_type)
            self._span.set_status(StatusCode.ERROR)
        self._span.end()
        self._measure(outcome, error_type, fields or {})

    def _measure(self, outcome, error_type, fields):
        family = self._family
        if not family.metrics:
            return
        attributes = {family.start[field].name: self._fields[field] for field in family.by if field in self._fields}
        if family.outcome is not None:
            attributes[family.outcome] = outcome
        if error_type is not None:
            attributes["error.type"] = error_type
        measured = {**fields, "duration": time.monotonic() - self._since}
        meter = metrics_api.get_meter(_SCOPE)
        for metric in family.metrics:
            if metric.of not in measured:
                continue
            if isinstance(metric, Histogram):
                meter.create_histogram(metric.name, metric.unit).record(measured[metric.of], attributes)
            else:
                meter.create_counter(metric.name, metric.unit).add(measured[metric.of], attributes)


def _attributes(declared, given, where):
    """The attributes of the given fields, which have to be those that are declared."""
    for field in given:
        if field not in declared:
            raise TypeError(f"{field!r} is not a field of {where}; there are {', '.join(declared) or 'none'}")
    attributes = {}
    for field, attr in declared.items():
        value = given.get(field)
        if value is None:
            if attr.optional:
                continue
            raise TypeError(f"{where} lacks the field {field!r}")
        # A bool is an int for Python, and is none for OpenTelemetry.
        if type(value) is not attr.type and not (attr.type is float and type(value) is int):
            raise TypeError(f"{field!r} of {where} is a {type(value).__name__} instead of a {attr.type.__name__}")
        attributes[attr.name] = float(value) if attr.type is float else value
    return attributes
