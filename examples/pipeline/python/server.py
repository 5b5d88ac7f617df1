"""An API in Python over the store in Rust. The span of the database is a child of the span of the request.

`python server.py FOLDER PORT` serves the store in a folder, and ends with SIGTERM.
"""

import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, HTTPException
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import article_store

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
article_store.start_telemetry()

folder, port = sys.argv[1:]
store = article_store.Articles(folder)


@asynccontextmanager
async def lifespan(app):
    yield
    article_store.stop_telemetry()
    provider.shutdown()


app = FastAPI(lifespan=lifespan)


@app.get("/articles/{key}")
def article(key: str):
    carrier = {}
    propagate.inject(carrier)
    slug = store.get(key, carrier)
    if slug is None:
        raise HTTPException(404)
    return {"slug": slug}


# Without the spans of single messages of ASGI.
FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
