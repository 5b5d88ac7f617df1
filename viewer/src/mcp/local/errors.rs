//! Errors by type and place.

use std::fmt::Write;

use super::{Answer, Local, cell, more, next};
use crate::{
    core::Core,
    query::{self, Params, QueryError},
};

impl Local {
    pub(super) fn errors(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let errors = core.ask(params, |reader| query::errors(reader, params))?;
        let count: u64 = errors.items.iter().map(|group| group.count).sum();
        let mut answer = Answer::new(
            params,
            &format!(
                "{count} errors in {} groups{}.",
                errors.items.len(),
                more(&errors.pagination)
            ),
        )?;
        for group in &errors.items {
            let mut row = format!(
                "{} × {} at {} ({}), first {:.0}, last {:.0}: {}",
                group.count,
                cell(&group.error_type),
                cell(&group.place),
                cell(&group.service),
                group.first_seen,
                group.last_seen,
                cell(&group.example.message)
            );
            if let Some(trace) = &group.example.trace_id {
                let _ = write!(row, " traceId={trace}");
            }
            answer.row(&row);
        }
        let next = next(&answer, params, &errors.pagination);
        Ok(answer.end(&next, self.url("errors", params)))
    }
}
