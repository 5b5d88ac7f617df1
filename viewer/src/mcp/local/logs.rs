//! Log records.

use std::fmt::Write;

use super::{Answer, Local, append, cell, more, next};
use crate::{
    core::Core,
    query::{self, Params, QueryError},
};

impl Local {
    pub(super) fn logs(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let logs = core.ask(params, |reader| query::logs(reader, params))?;
        let mut answer = Answer::new(
            params,
            &format!(
                "{} log records{}.",
                logs.items.len(),
                more(&logs.pagination)
            ),
        )?;
        for record in &logs.items {
            let mut row = format!(
                "{:.0} {:?} {} {}",
                record.time,
                record.severity,
                cell(&record.service),
                cell(&record.body)
            );
            append(&mut row, &record.attributes);
            if let Some(trace) = &record.trace_id {
                let _ = write!(row, " traceId={trace}");
            }
            answer.row(&row);
        }
        let next = next(&answer, params, &logs.pagination);
        Ok(answer.end(&next, self.url("logs", params)))
    }
}
