//! Who may import whom in `plugin/`, and who may read the environment: `ARCHITECTURE.md` says it, and this
//! checks it.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use syn::{
    Attribute, ItemMod, ItemUse, UseTree,
    visit::{self, Visit},
};

/// What the order of the layers follows in `ARCHITECTURE.md`.
const MARKER: &str = "Imports go one way: ";

/// The only module that hands out the environment.
const ENVIRONMENT: &str = "app";

/// Modules that are outside of the order: the face, and what opens the inside for benchmarks and fuzzing.
const OUTSIDE: [&str; 2] = ["lib", "internals"];

/// The violations in the sources of the plugin below `root`.
///
/// # Errors
/// If a file cannot be read or is no Rust.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let layers = layers(&fs::read_to_string(root.join("ARCHITECTURE.md"))?)?;
    let mut problems = Vec::new();
    for file in sources(&root.join("plugin"))? {
        let path = file.strip_prefix(root)?.display().to_string();
        let text = fs::read_to_string(&file)?;
        problems.extend(check_file(&path, &text, &layers).with_context(|| path)?);
    }
    Ok(problems)
}

/// The position of each module, from the top. Modules in braces share one, and import nothing from each other.
fn layers(architecture: &str) -> Result<BTreeMap<String, usize>> {
    let (_, order) = architecture
        .split_once(MARKER)
        .with_context(|| format!("ARCHITECTURE.md has no {MARKER:?}"))?;
    let (order, _) = order.split_once('.').context("the order ends with a dot")?;
    let layers = order.split('→').enumerate().flat_map(|(position, layer)| {
        let names = layer.split('`').skip(1).step_by(2);
        names.map(move |name| (name.to_owned(), position))
    });
    Ok(layers.collect())
}

/// The Rust files below a folder, but for those of tests.
fn sources(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn check_file(path: &str, text: &str, layers: &BTreeMap<String, usize>) -> Result<Vec<String>> {
    let module = path.split('/').nth(1).unwrap_or_default();
    let module = module.trim_end_matches(".rs");
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(text)?);
    let mut problems = Vec::new();
    if module != ENVIRONMENT && paths.0.iter().any(|path| reads_environment(path)) {
        problems.push(format!(
            "{path}: reads the environment, which only {ENVIRONMENT}.rs hands out"
        ));
    }
    if OUTSIDE.contains(&module) {
        return Ok(problems);
    }
    let Some(own) = layers.get(module) else {
        problems.push(format!(
            "{path}: {module} has no place in the order of imports of ARCHITECTURE.md"
        ));
        return Ok(problems);
    };
    for imported in &paths.0 {
        let [first, name, ..] = imported.as_slice() else {
            continue;
        };
        let is_above = layers.get(name).is_some_and(|other| other <= own);
        if first == "crate" && name != module && is_above {
            problems.push(format!(
                "{path}: imports {name}, which is not below {module} (ARCHITECTURE.md)"
            ));
        }
    }
    problems.dedup();
    Ok(problems)
}

/// Whether a path is a function of the standard library or of ureq that reads variables.
fn reads_environment(path: &[String]) -> bool {
    let ends = |end: [&str; 2]| path.len() >= 2 && path[path.len() - 2..] == end;
    ["var", "var_os", "vars", "vars_os"]
        .iter()
        .any(|function| ends(["env", function]))
        || path.last().is_some_and(|last| last == "try_from_env")
}

/// All paths of a file, those of imports in full.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn import(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| {
            let mut path = prefix.to_vec();
            path.push(name.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => self.import(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.0.push(with(&name.ident)),
            UseTree::Rename(rename) => self.0.push(with(&rename.ident)),
            UseTree::Glob(_) => self.0.push(prefix.to_vec()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(prefix, tree);
                }
            }
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item_use(&mut self, item: &ItemUse) {
        if !is_test(&item.attrs) {
            self.import(&[], &item.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names = path.segments.iter().map(|part| part.ident.to_string());
        self.0.push(names.collect());
        visit::visit_path(self, path);
    }
}

/// Whether something is compiled for tests only: `#[cfg(test)]`, alone or among other conditions.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        let order = "- Imports go one way: {`a`, `b`} → `c` →\n  `app` → `d`. And more.";
        check_file(path, text, &layers(order).unwrap()).unwrap()
    }

    #[test]
    fn imports_go_down() {
        assert_eq!(
            problems("plugin/a.rs", "use crate::{c::X, d::{Y, Z}};"),
            [""; 0]
        );
        for (path, text, imported) in [
            ("plugin/c.rs", "use crate::a::X;", "a"),
            ("plugin/c/inner.rs", "fn f() { crate::b::g() }", "b"),
            ("plugin/a.rs", "use crate::{b, d};", "b"),
            ("plugin/d.rs", "mod inner { use crate::c::X as Y; }", "c"),
        ] {
            let found = problems(path, text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].contains(&format!("imports {imported},")),
                "{found:?}"
            );
        }
        assert!(problems("plugin/new.rs", "")[0].contains("new has no place"));
        assert_eq!(
            problems("plugin/c.rs", "#[cfg(test)] mod t { use crate::a::X; }"),
            [""; 0]
        );
    }

    #[test]
    fn one_module_reads_the_environment() {
        for text in [
            "fn f() { std::env::var(\"A\"); }",
            "use std::env; fn f() { env::var_os(\"A\"); }",
            "use std::env::vars;",
            "fn f() { ureq::Proxy::try_from_env(); }",
        ] {
            assert_eq!(problems("plugin/c.rs", text).len(), 1, "{text}");
            assert_eq!(problems("plugin/app.rs", text), [""; 0]);
        }
        assert_eq!(
            problems("plugin/c.rs", "fn f() { std::env::current_exe(); }"),
            [""; 0]
        );
    }
}
