//! Names of attributes, and the values of one.

use super::{Answer, Local, cell};
use crate::{
    core::Core,
    query::{self, Params, QueryError},
};

impl Local {
    pub(super) fn fields(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let fields = core.ask(params, |reader| query::fields(reader, params))?;
        let what = if params.text("name").is_some() {
            "values"
        } else {
            "names"
        };
        let mut answer = Answer::new(
            params,
            &format!(
                "{} {what} among the newest 10 000 items, with how often each came.",
                fields.items.len()
            ),
        )?;
        for field in &fields.items {
            answer.row(&format!("{} {}", field.count, cell(&field.text)));
        }
        let next = if answer.is_full() {
            "Ask with searchText for fewer."
        } else {
            ""
        };
        Ok(answer.end(next, None))
    }
}
