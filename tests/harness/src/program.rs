//! The programs that this workspace has built, and what they are started with.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};
use tokio::process::Command;

/// Where the program is.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    // The tests lie in `target/<profile>/deps`, xtask in `target/<profile>`.
    let test = env::current_exe()?;
    let path = test
        .ancestors()
        .skip(1)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file());
    path.with_context(|| format!("{name} is not built; `cargo xtask test examples` builds it"))
}

/// Takes out of a program's environment what would configure its telemetry: that is up to the test, not to who
/// runs it.
pub(crate) fn without_telemetry(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"OTEL_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG")
}
