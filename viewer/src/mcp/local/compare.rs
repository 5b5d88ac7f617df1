//! Two sides by operation.

use super::{Answer, Local, cell};
use crate::{
    core::Core,
    query::{Params, QueryError},
};

impl Local {
    pub(super) fn compare(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let mut sides = Params::default();
        for (side, suffix) in [("a.", "A"), ("b.", "B")] {
            for name in ["run", "start", "end"] {
                if let Some(value) = params.text(&format!("{name}{suffix}")) {
                    sides.set(&format!("{side}{name}"), value);
                }
            }
            if let Some(service) = params.text("service") {
                sides.set(&format!("{side}service"), service);
            }
        }
        let comparison = core.compare(&sides)?;
        let mut answer = Answer::new(params, &comparison.statement)?;
        for row in &comparison.items {
            answer.row(&format!(
                "{} ({}): {}",
                cell(&row.operation),
                cell(&row.service),
                row.statement
            ));
        }
        // The page shows runs alone unless it is asked to compare.
        sides.set("compare", "1");
        Ok(answer.end("", self.link("runs", sides)))
    }
}
