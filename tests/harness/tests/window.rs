//! What a test can do with a window, on `examples/minimal`.
#![cfg(target_os = "linux")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::Result;
use otel_harness::App;

/// What every PNG file begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn a_screenshot_is_an_image_and_the_window_goes_on() -> Result<()> {
    let app = App::launch("minimal", &[]).await?;
    assert!(app.screenshot().await?.starts_with(PNG));
    app.press("greet").await?;
    app.quit().await
}

#[tokio::test]
async fn an_error_of_the_page_names_the_script() -> Result<()> {
    let app = App::launch("minimal", &[]).await?;
    let error = app.js_async("throw new Error('no such thing')").await;
    assert_eq!(
        error.map_err(|error| error.to_string()).err().as_deref(),
        Some("in the page: \"Error: no such thing\" in throw new Error('no such thing')")
    );
    app.quit().await
}

#[tokio::test]
async fn an_app_that_ends_without_a_window_says_how_and_why() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let program = dir.path().join("fails");
    fs::write(&program, "#!/bin/sh\necho no such display >&2\nexit 3\n")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    assert_eq!(
        error(&program).await,
        format!(
            "{} ended at once with status 3; it wrote: no such display\n",
            program.display()
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let program = Path::new("/nowhere/app");
    assert_eq!(error(program).await, "there is no program /nowhere/app");
}

async fn error(program: &Path) -> String {
    let launched = App::launch_on(None, program, &[]).await;
    launched
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}
