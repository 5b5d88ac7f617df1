//! `docs/configuration.md` names everything that can be configured, and nothing else.

use std::{cell::RefCell, collections::BTreeSet};

use super::*;

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// Every word of the page that is set as code.
fn words() -> BTreeSet<&'static str> {
    PAGE.split('`').skip(1).step_by(2).collect()
}

/// Every variable that is read. The forms of the OTLP variables for one signal stand for the general one.
fn variables() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let env = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        match name {
            "OTEL_TRACES_SAMPLER" => Some("traceidratio".to_owned()),
            "DEV_WS_BRIDGE" => Some("1".to_owned()),
            _ => None,
        }
    };
    Config::resolve(&env, Settings::default(), Settings::default());
    #[cfg(all(
        feature = "ws-bridge",
        any(debug_assertions, feature = "ws-bridge-release")
    ))]
    ws_bridge::WsBridgeSettings::resolve(&env, true).expect("nothing is wrong");
    let asked = asked.into_inner();
    let general = |name: &String| general(&name.to_uppercase(), &asked);
    asked.iter().map(general).collect()
}

/// The general form of a variable that has one.
fn general(name: &str, known: &BTreeSet<String>) -> String {
    let general = Signal::ALL.iter().find_map(|signal| {
        let prefix = format!("OTEL_EXPORTER_OTLP_{}_", signal.variable());
        let general = format!("OTEL_EXPORTER_OTLP_{}", name.strip_prefix(&prefix)?);
        known.contains(&general).then_some(general)
    });
    general.unwrap_or_else(|| name.to_owned())
}

#[test]
fn every_variable_that_is_read_is_on_the_page_and_no_other() {
    let words = words();
    for name in variables() {
        assert!(words.contains(&*name), "docs/configuration.md lacks {name}");
    }
    let variables = variables();
    for word in words {
        let is_variable = ["OTEL_", "DEV_", "TAURI_"]
            .iter()
            .any(|prefix| word.starts_with(prefix))
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let is_bridge = word.starts_with("DEV_WS_BRIDGE")
            && !cfg!(all(
                feature = "ws-bridge",
                any(debug_assertions, feature = "ws-bridge-release")
            ));
        assert!(
            !is_variable || is_bridge || variables.contains(&general(word, &variables)),
            "docs/configuration.md has {word}, which nothing reads"
        );
    }
}

#[test]
fn every_key_of_tauri_conf_json_is_on_the_page() {
    let words = words();
    let schema = schema();
    let definitions = schema["definitions"].as_object().expect("definitions");
    for (name, definition) in definitions {
        let properties = definition["properties"].as_object();
        for key in properties
            .into_iter()
            .flat_map(|properties| properties.keys())
        {
            assert!(
                words.contains(key.as_str()),
                "docs/configuration.md lacks {key} of {name}"
            );
        }
    }
}

#[test]
fn every_method_of_the_builder_is_on_the_page() {
    let words = words();
    for source in [
        include_str!("../../builder.rs"),
        include_str!("../options.rs"),
        include_str!("../otlp_options.rs"),
    ] {
        let methods = source.split("    pub fn ").skip(1);
        let named = methods.filter_map(|method| {
            let (name, rest) = method.split_once(['(', '<'])?;
            let takes_self = rest.trim_start().starts_with("self")
                || rest.trim_start().starts_with("mut self")
                || rest.starts_with("F>");
            takes_self.then_some(name)
        });
        for name in named {
            assert!(words.contains(name), "docs/configuration.md lacks {name}");
        }
    }
}
