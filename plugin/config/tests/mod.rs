//! What is decided, from every source and about every setting.

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
