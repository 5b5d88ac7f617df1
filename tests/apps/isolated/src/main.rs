//! An app with the isolation pattern, whose keys the plugin cannot have: its invokes are traced by the
//! wrapped handler and the guest's `invoke`.

#[tauri::command]
async fn greet(name: String) -> String {
    tracing::info_span!("inner").in_scope(|| format!("Hello, {name}!"))
}

#[tauri::command]
fn fail() -> Result<(), String> {
    Err("as asked".to_owned())
}

fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_opentelemetry::init())
        .invoke_handler(tauri_plugin_opentelemetry::handler(
            tauri::generate_handler![greet, fail],
        ))
        .run(tauri::generate_context!())
        .expect("the app runs");
}
