//! Builds of our own crates with flags of their own, on top of dependencies that are built already.

use std::{fs, os::unix::fs::PermissionsExt};

use anyhow::Result;
use xshell::{PushEnv, Shell};

use crate::target_dir;

/// While the returned guard lives, cargo compiles the crates of this workspace with `--cfg CFG` and the
/// flags. Not `RUSTFLAGS`: those would build all of tauri again. A build script gets no flags, because it
/// runs on its own.
pub fn wrap<'a>(sh: &'a Shell, cfg: &str, flags: &[&str]) -> Result<PushEnv<'a>> {
    let target = target_dir(sh)?;
    fs::create_dir_all(&target)?;
    let wrapper = target.join(format!("rustc-{cfg}"));
    let flags = flags.join(" ");
    fs::write(
        &wrapper,
        format!(
            "#!/bin/sh\n\
             case \" $* \" in *\" --crate-name build_script_\"*) exec \"$@\" ;; esac\n\
             exec \"$@\" --cfg {cfg} {flags}\n"
        ),
    )?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(sh.push_env("RUSTC_WORKSPACE_WRAPPER", wrapper))
}
