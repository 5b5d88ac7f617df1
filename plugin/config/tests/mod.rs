//! What is decided, from every source and about every setting.

mod credentials;
mod documentation;
mod export;
mod recording;
mod sources;

use super::*;

fn decide(env: &[(&str, &str)], builder: Settings, file: &str) -> (Option<Config>, Vec<String>) {
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let file = serde_json::from_str(file).expect("the settings of a test are JSON");
    let (file, mut warnings) = Settings::from_json(file);
    let decision = Config::resolve(&|name| env.get(name).cloned(), builder, file);
    warnings.extend(decision.warnings);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    (decision.config, warnings)
}

fn resolve(env: &[(&str, &str)], file: &str) -> (Option<Config>, Vec<String>) {
    decide(env, Settings::default(), file)
}

const ON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

fn on(env: &[(&str, &str)]) -> (Config, Vec<String>) {
    let (config, warnings) = resolve(&[&[ON], env].concat(), "{}");
    (config.expect("telemetry is on"), warnings)
}

/// What `env` makes of one setting, without a warning.
fn setting<T>(env: &[(&str, &str)], read: impl FnOnce(Config) -> T) -> T {
    let (config, warnings) = on(env);
    assert_eq!(warnings, [""; 0], "from {env:?}");
    read(config)
}

/// That a wrong value is named with its variable, and that the default stands.
fn refused<T: PartialEq + std::fmt::Debug>(
    variable: &str,
    value: &str,
    read: impl Fn(Config) -> T,
) -> String {
    let (config, warnings) = on(&[(variable, value)]);
    let [warning] = &warnings[..] else {
        panic!("{variable}={value} gives {warnings:?}");
    };
    assert!(
        warning.starts_with(&format!("{variable} is {value:?} but must be ")),
        "{warning}"
    );
    assert_eq!(
        read(config),
        setting(&[], &read),
        "the default of {variable}"
    );
    assert_eq!(
        setting(&[(variable, "")], &read),
        setting(&[], &read),
        "an empty {variable}"
    );
    warning.clone()
}

fn otlp(exports: Exports) -> Otlp {
    exports.otlp.expect("this signal goes over OTLP")
}

/// The JSON schema of `tauri.conf.json` with `plugins.opentelemetry`.
fn schema() -> serde_json::Value {
    let of = |schema: schemars::Schema| serde_json::to_value(schema).expect("a schema is JSON");
    let generator = || schemars::generate::SchemaSettings::draft07().into_generator();
    let mut schema = of(generator().into_root_schema_for::<Settings>());
    let general = of(generator().into_root_schema_for::<OtlpOptions>());
    // The options of all signals have their keys beside the other settings.
    let properties = schema["properties"].as_object_mut().expect("a struct");
    for key in OtlpOptions::KEYS {
        properties.insert(key.to_owned(), general["properties"][key].clone());
    }
    let mut definitions = schema["definitions"].take();
    let keys = schema.as_object_mut().expect("a schema is an object");
    keys.remove("definitions");
    keys.remove("$schema");
    definitions["opentelemetry"] = schema;
    serde_json::json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "tauri.conf.json with tauri-plugin-opentelemetry",
        "allOf": [{ "$ref": "https://schema.tauri.app/config/2" }],
        "properties": {
            "plugins": { "properties": { "opentelemetry": { "$ref": "#/definitions/opentelemetry" } } }
        },
        "definitions": definitions
    })
}
