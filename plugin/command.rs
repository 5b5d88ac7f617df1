//! The commands of the app, and what all invokes of one command share.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::{Context, StringValue};
use parking_lot::RwLock;

use crate::invoke_metrics::BoundInstruments;

/// A command. The OpenTelemetry context of an invoke carries it.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: StringValue,
    /// Set once Tauri has called a command of this name.
    exists: AtomicBool,
    /// Set once it has returned on the thread that called it, so that it is no asynchronous one.
    is_synchronous: AtomicBool,
    /// Made by the first invoke that is recorded with them.
    instruments: OnceLock<BoundInstruments>,
}

impl Command {
    fn new(name: &str) -> Self {
        Self {
            name: Arc::<str>::from(name).into(),
            exists: AtomicBool::new(false),
            is_synchronous: AtomicBool::new(false),
            instruments: OnceLock::new(),
        }
    }

    /// Whether the current context of this thread is that of an invoke.
    pub(crate) fn is_current() -> bool {
        Context::map_current(|cx| cx.get::<Arc<Self>>().is_some())
    }

    /// Whether Tauri has called a command of this name. Until then the name may be made up by a page.
    pub(crate) fn exists(&self) -> bool {
        self.exists.load(Ordering::Relaxed)
    }

    /// To be called once it has returned a value on the thread that called it.
    pub(crate) fn returned_to_its_caller(&self) {
        self.is_synchronous.store(true, Ordering::Relaxed);
    }

    /// Whether it is known to return on the thread that calls it.
    pub(crate) fn is_synchronous(&self) -> bool {
        self.is_synchronous.load(Ordering::Relaxed)
    }

    /// The instruments bound to this command, which `bind` makes once. `None` for a command that may not exist.
    pub(crate) fn instruments(
        &self,
        bind: impl FnOnce() -> BoundInstruments,
    ) -> Option<&BoundInstruments> {
        self.exists().then(|| self.instruments.get_or_init(bind))
    }
}

/// How many commands are kept. More are only met where an invoke handler of the app answers to any name.
const MAX_KNOWN: usize = 1_024;

/// The commands that Tauri has called. A name that a page invokes and Tauri does not know is not kept: a page could
/// make up any number of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownCommands(Arc<RwLock<HashMap<Box<str>, Arc<Command>>>>);

impl KnownCommands {
    /// The command of this name: the one that is kept, else a new one.
    pub(crate) fn get(&self, name: &str) -> Arc<Command> {
        let known = self.0.read();
        match known.get(name) {
            Some(command) => command.clone(),
            None => Arc::new(Command::new(name)),
        }
    }

    /// Keeps a command, because Tauri calls it.
    pub(crate) fn called(&self, command: &Arc<Command>) {
        if !command.exists.swap(true, Ordering::Relaxed) {
            let mut known = self.0.write();
            if known.len() < MAX_KNOWN {
                known.insert(command.name.as_str().into(), command.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_kept_once_it_is_called_and_a_name_that_was_made_up_is_not() {
        let commands = KnownCommands::default();
        let greet = commands.get("greet");
        assert!(!Arc::ptr_eq(&greet, &commands.get("greet")));
        commands.called(&greet);
        assert!(Arc::ptr_eq(&greet, &commands.get("greet")));
        commands.get("made up");
        assert_eq!(commands.0.read().len(), 1);
    }

    #[test]
    fn no_more_commands_are_kept_than_an_app_can_have() {
        let commands = KnownCommands::default();
        for number in 0..2 * MAX_KNOWN {
            commands.called(&commands.get(&number.to_string()));
        }
        assert_eq!(commands.0.read().len(), MAX_KNOWN);
    }
}
