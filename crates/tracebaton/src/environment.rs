//! The context in environment variables, for child processes.
//!
//! <https://opentelemetry.io/docs/specs/otel/context/env-carriers/>

use std::{env, process::Command};

use crate::{TraceContext, trace_context::FIELDS};

impl TraceContext {
    /// Reads the context that the parent process was in when it started this one, from `TRACEPARENT`, `TRACESTATE` and
    /// `BAGGAGE`.
    ///
    /// Read it once, at the start of `main`: a later span of the process is a child of what the process did, not of what
    /// started it.
    pub fn from_env() -> Self {
        let [traceparent, tracestate, baggage] = FIELDS.map(|name| {
            env::var(variable(name))
                .ok()
                .filter(|value| !value.is_empty())
        });
        Self::from_fields(
            traceparent.as_deref(),
            tracestate.as_deref(),
            baggage.as_deref(),
        )
    }

    /// The environment variables for a child process. A variable without a value has to be removed from the
    /// environment that the child inherits: it would belong to another context.
    ///
    /// Of a context without a span there is the baggage at most. The child then inherits the context that this process was started in, so that
    /// a process whose telemetry is off does not break the trace of others.
    ///
    /// It works with every kind of command:
    ///
    /// ```
    /// # let mut command = std::process::Command::new("true");
    /// for (name, value) in tracebaton::TraceContext::current().to_env() {
    ///     match value {
    ///         Some(value) => command.env(name, value),
    ///         None => command.env_remove(name),
    ///     };
    /// }
    /// ```
    pub fn to_env(&self) -> Vec<(String, Option<String>)> {
        let has_span = self.span_context().is_some();
        let variables = FIELDS.into_iter().map(variable).zip(self.values());
        variables
            .filter(|(_, value)| has_span || value.is_some())
            .collect()
    }

    /// Gives a child process this context. Only the environment of the child changes, never that of this process. An empty
    /// one changes nothing.
    pub fn inject_command(&self, command: &mut Command) {
        for (name, value) in self.to_env() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
}

/// Names of variables are upper case (section "Key name normalization").
fn variable(field: &str) -> String {
    field.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn environment(command: &Command) -> Vec<(&OsStr, Option<&OsStr>)> {
        command.get_envs().collect()
    }

    #[test]
    fn a_child_gets_the_context_and_no_part_of_another() {
        let cx = TraceContext::from_fields([PARENT], [], ["user=1"]);
        let mut command = Command::new("child");
        cx.inject_command(&mut command);
        let expected = [
            ("BAGGAGE", Some("user=1")),
            ("TRACEPARENT", Some(PARENT)),
            ("TRACESTATE", None),
        ];
        let expected = expected.map(|(name, value)| (OsStr::new(name), value.map(OsStr::new)));
        assert_eq!(environment(&command), expected);
    }
}
