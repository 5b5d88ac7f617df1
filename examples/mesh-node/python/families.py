"""Families of `src/families.rs` which the Python parts of a mesh have as well."""

from opentelemetry.trace import SpanKind

from spankit import Attr, Counter, Histogram, SpanFamily

MAPE_K = SpanFamily(
    "mape_k.{phase}",
    start={"phase": Attr("mape_k.phase", str), "cycle": Attr("mape_k.cycle", int)},
    end={"findings": Attr("mape_k.findings", int)},
    outcome="mape_k.outcome",
    metrics=[
        Histogram("mape_k.phase.duration", of="duration", unit="s"),
        Counter("mape_k.findings", of="findings"),
    ],
    by=["phase"],
)

INFER = SpanFamily(
    "ml.infer {model}",
    start={"model": Attr("ml.model.name", str), "version": Attr("ml.model.version", str)},
    end={"samples": Attr("ml.samples", int), "confidence": Attr("ml.confidence", float, unit="1")},
    metrics=[Histogram("ml.infer.duration", of="duration", unit="s"), Counter("ml.inferred_samples", of="samples")],
    by=["model"],
)

TRAIN = SpanFamily(
    "ml.train {model}",
    start={"model": Attr("ml.model.name", str), "epoch": Attr("ml.epoch", int)},
    end={"samples": Attr("ml.samples", int), "loss": Attr("ml.loss", float)},
    metrics=[Histogram("ml.train.duration", of="duration", unit="s")],
    by=["model"],
)

CONNECT = SpanFamily(
    "mesh.connect {peer}",
    kind=SpanKind.CLIENT,
    start={"peer": Attr("mesh.peer.id", str), "transport": Attr("network.transport", str)},
    end={"hops": Attr("mesh.hops", int), "round_trip": Attr("mesh.round_trip", float, unit="s")},
    metrics=[Histogram("mesh.round_trip", of="round_trip", unit="s")],
    by=["transport"],
)
