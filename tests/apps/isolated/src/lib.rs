//! An app with the isolation pattern, whose keys the plugin cannot have: Tauri itself receives its invokes. `HANDLER=none`
//! leaves out the wrapped handler.

use std::time::Duration;

use tauri::ipc::Invoke;

#[tauri::command]
async fn greet(name: String) -> String {
    tracing::info_span!("inner").in_scope(|| format!("Hello, {name}!"))
}

#[tauri::command]
fn fail() -> Result<(), String> {
    Err("as asked".to_owned())
}

/// A blocking command with a span of its own.
#[tauri::command]
fn blocking(number: u64) {
    tracing::info_span!("work", number = number as i64).in_scope(|| ());
}

/// An async command that is under way together with many others.
#[tauri::command]
async fn waiting(number: u64) {
    tokio::time::sleep(Duration::from_millis(number % 5)).await;
    tracing::info_span!("work", number = number as i64).in_scope(|| ());
}

/// A command that no macro knows: it answers from a thread of its own, and Tauri makes no span for its body.
fn by_hand(invoke: Invoke) -> bool {
    std::thread::spawn(move || invoke.resolver.resolve("by hand"));
    true
}

fn commands(invoke: Invoke) -> bool {
    if invoke.message.command() == "by_hand" {
        return by_hand(invoke);
    }
    let generated: fn(Invoke) -> bool = tauri::generate_handler![greet, fail, blocking, waiting];
    generated(invoke)
}

/// Runs the app until it is closed.
///
/// # Panics
/// If Tauri cannot start it.
pub fn run() {
    let app = tauri::Builder::default().plugin(tauri_plugin_opentelemetry::init());
    let app = match std::env::var("HANDLER").as_deref() {
        Ok("none") => app.invoke_handler(commands),
        _ => app.invoke_handler(tauri_plugin_opentelemetry::handler(commands)),
    };
    app.run(tauri::generate_context!()).expect("the app runs");
}
