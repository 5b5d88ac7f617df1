//! What a test can do with a window, on `examples/minimal`.
#![cfg(target_os = "linux")]

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
