//! The tables for people, and the samples for whoever calculates with them.

use std::{fmt::Write, fs};

use anyhow::Result;
use serde_json::{Map, Value, json};
use xshell::{Shell, cmd};

/// What the benches of one run found.
#[derive(Debug)]
pub struct Report {
    machine: String,
    quick: bool,
    markdown: String,
    samples: Map<String, Value>,
}

impl Report {
    /// An empty one of this machine.
    ///
    /// # Errors
    /// If there is no Rust to ask for its version.
    pub fn new(sh: &Shell, quick: bool) -> Result<Self> {
        let field = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value.map_or("unknown".to_owned(), |(_, value)| value.trim().to_owned())
        };
        let cores = std::thread::available_parallelism()?;
        let webkit = cmd!(sh, "pkg-config --modversion webkit2gtk-4.1").read();
        Ok(Self {
            machine: format!(
                "{cores} × {}, {}, {}, WebKitGTK {}",
                field("/proc/cpuinfo", "model name"),
                field("/proc/meminfo", "MemTotal"),
                cmd!(sh, "rustc --version").read()?,
                webkit.as_deref().unwrap_or("unknown")
            ),
            quick,
            markdown: String::new(),
            samples: Map::new(),
        })
    }

    /// Adds a table, and says it at once, because the rest may take long.
    pub fn table<const COLUMNS: usize>(
        &mut self,
        title: &str,
        columns: [&str; COLUMNS],
        rows: &[[String; COLUMNS]],
    ) {
        let start = self.markdown.len();
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let out = &mut self.markdown;
        let rule = ["---"; COLUMNS].join("|");
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n### {title}\n\n{}\n|{rule}|\n",
            line(&columns.map(str::to_owned))
        );
        for row in rows {
            let _ = writeln!(out, "{}", line(row));
        }
        eprintln!("{}", &self.markdown[start..]);
    }

    /// Adds a sentence under the last table.
    pub fn note(&mut self, note: &str) {
        eprintln!("{note}");
        let _ = write!(self.markdown, "\n{note}\n");
    }

    /// Keeps the samples of something, under a name like `invoke/json 100 B, 1/on`.
    pub fn samples(&mut self, name: impl Into<String>, samples: impl Into<Value>) {
        self.samples.insert(name.into(), samples.into());
    }

    /// All tables.
    pub fn markdown(&self) -> String {
        let quick = if self.quick { " A quick run." } else { "" };
        format!("Measured on {}.{quick}\n{}", self.machine, self.markdown)
    }

    /// All samples.
    pub fn json(&self) -> String {
        let report = json!({
            "machine": self.machine,
            "quick": self.quick,
            "samples": self.samples,
        });
        format!("{report:#}")
    }
}
