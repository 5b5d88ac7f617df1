//! `tidy`: the conventions that no other tool knows.

use std::{env, fs};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::{imports, msrv};

/// Words that say something is not finished. Spelled so that this file does not contain them.
const UNFINISHED: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X "),
    concat!("#[ign", "ore"),
];

pub fn run(sh: &Shell) -> Result<()> {
    let files = cmd!(sh, "git ls-files --cached --others --exclude-standard")
        .quiet()
        .read()?;
    let home = env::home_dir().map(|home| home.display().to_string());
    let mut problems = Vec::new();
    for path in files.lines() {
        // A file may be deleted and not yet committed; an image is no text.
        let Ok(text) = fs::read_to_string(sh.current_dir().join(path)) else {
            continue;
        };
        if path.ends_with(".rs") && !path.contains("/build.rs") && !text.contains("//!") {
            problems.push(format!(
                "{path}: a module opens with what it is for (`//!`)"
            ));
        }
        if path == "ARCHITECTURE.md" {
            problems.extend(missing_paths(sh, &text));
        }
        let generated = path.ends_with("package-lock.json") || path.starts_with("LICENSE");
        if generated {
            continue;
        }
        let local = home
            .iter()
            .find(|home| home.len() > 1 && text.contains(home.as_str()));
        if let Some(home) = local {
            problems.push(format!(
                "{path}: names {home}, which exists on one machine only"
            ));
        }
        if path.ends_with(".rs") || path.ends_with(".ts") {
            problems.extend(
                UNFINISHED
                    .iter()
                    .filter(|word| text.contains(**word))
                    .map(|word| format!("{path}: {word}")),
            );
        }
    }
    problems.extend(imports::check(&sh.current_dir())?);
    problems.extend(undocumented_names(sh)?);
    problems.extend(msrv::check(sh)?);
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"));
}

/// Names of attributes and metrics of our own that `docs/signals.md` does not explain.
fn undocumented_names(sh: &Shell) -> Result<Vec<String>> {
    let page = sh.read_file("docs/signals.md")?;
    let sources = cmd!(sh, "git ls-files plugin/*.rs").quiet().read()?;
    let mut problems = Vec::new();
    for path in sources.lines().filter(|path| !path.contains("/tests")) {
        let text = sh.read_file(path)?;
        for name in text.split("\"tauri.").skip(1) {
            let (rest, _) = name.split_once('"').unwrap_or_default();
            let name = format!("tauri.{rest}");
            let is_name = rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
            if is_name && !page.contains(&format!("`{name}`")) {
                problems.push(format!(
                    "docs/signals.md: does not explain {name} of {path}"
                ));
            }
        }
    }
    Ok(problems)
}

/// The paths a document names in backticks that are not there.
fn missing_paths(sh: &Shell, text: &str) -> Vec<String> {
    let mut folder = String::new();
    let mut missing = Vec::new();
    for (index, word) in text.split('`').enumerate() {
        let is_path = index % 2 == 1
            && !word.contains(['<', ' ', ':', '('])
            && (word.contains('/') || word.ends_with(".rs"));
        if !is_path {
            continue;
        }
        if word.ends_with('/') {
            word.clone_into(&mut folder);
        }
        let root = sh.current_dir();
        if !root.join(word).exists() && !root.join(&folder).join(word).exists() {
            missing.push(format!("ARCHITECTURE.md: there is no {word}"));
        }
    }
    missing
}
