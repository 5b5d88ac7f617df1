//! The programs that this workspace has built.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};

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
