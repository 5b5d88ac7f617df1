//! The store as a module of Python. The context of the caller comes with each call as a carrier, which is a `dict` that the
//! propagation API of OpenTelemetry fills: `propagate.inject(carrier)`.

// The set-up of telemetry is that of `examples/mesh-node`, which has no window either.
#[path = "../../../mesh-node/src/telemetry.rs"]
mod telemetry;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use anyhow::Result;
use article_store::Store;
use pyo3::prelude::*;
use telemetry::Telemetry;
use tracebaton::TraceContext;

static TELEMETRY: Mutex<Option<Telemetry>> = Mutex::new(None);

/// A store whose operations are spans.
#[pyclass(frozen)]
struct Articles(Store);

#[pymethods]
impl Articles {
    #[new]
    fn open(folder: PathBuf) -> Result<Self> {
        Store::open(&folder).map(Self)
    }

    /// The slug of an article. Its span is a child of the one in the carrier.
    fn get(
        &self,
        py: Python<'_>,
        key: &str,
        carrier: HashMap<String, String>,
    ) -> Result<Option<String>> {
        let caller = TraceContext::extract(&carrier);
        // Other threads of Python can run in the meantime.
        py.detach(|| caller.run(|| self.0.get("articles", key)))
    }
}

/// Exports the spans by the standard environment variables.
#[pyfunction]
fn start_telemetry() -> Result<()> {
    let started = telemetry::start("article-store")?;
    *TELEMETRY.lock().unwrap_or_else(PoisonError::into_inner) = started;
    Ok(())
}

/// Exports the spans that were not exported yet, and stops telemetry.
#[pyfunction]
fn stop_telemetry(py: Python<'_>) {
    py.detach(|| {
        let started = TELEMETRY
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(telemetry) = started {
            telemetry.shutdown();
        }
    });
}

/// The module that Python imports as `article_store`.
#[pymodule(name = "article_store")]
fn python_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Articles>()?;
    module.add_function(wrap_pyfunction!(start_telemetry, module)?)?;
    module.add_function(wrap_pyfunction!(stop_telemetry, module)?)
}
