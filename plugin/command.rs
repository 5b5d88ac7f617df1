//! The commands of the app, as their invokes share them.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::{Context, StringValue};

use crate::{invoke_metrics::BoundInstruments, names::OTHER};

/// A command. The context of an invoke carries it.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: StringValue,
    /// Set once tauri has called it.
    exists: AtomicBool,
    /// Its instruments, from the first invoke that needs them.
    bound: OnceLock<BoundInstruments>,
}

impl Command {
    fn new(name: &str) -> Self {
        Self {
            name: Arc::<str>::from(name).into(),
            exists: AtomicBool::new(false),
            bound: OnceLock::new(),
        }
    }

    /// Whether this thread is in the invoke of one.
    pub(crate) fn is_current() -> bool {
        Context::map_current(|cx| cx.get::<Arc<Self>>().is_some())
    }

    /// Whether tauri has called it.
    pub(crate) fn exists(&self) -> bool {
        self.exists.load(Ordering::Relaxed)
    }

    /// The name under which an invoke is recorded. A refused name that tauri has never called may be made up by
    /// the page, and is recorded as [`OTHER`].
    pub(crate) fn method(&self, refused: bool) -> &StringValue {
        if refused && !self.exists() {
            &OTHER
        } else {
            &self.name
        }
    }

    /// Its instruments, if it exists: made once, by `bind`.
    pub(crate) fn bound(
        &self,
        bind: impl FnOnce() -> BoundInstruments,
    ) -> Option<&BoundInstruments> {
        self.exists().then(|| self.bound.get_or_init(bind))
    }
}

/// The commands that tauri has called. Not all that it was asked for: a page could make up names without end.
#[derive(Debug, Default)]
pub(crate) struct Commands(RwLock<HashMap<Box<str>, Arc<Command>>>);

impl Commands {
    /// The command of this name, which may not exist.
    pub(crate) fn get(&self, name: &str) -> Arc<Command> {
        let called = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match called.get(name) {
            Some(command) => command.clone(),
            None => Arc::new(Command::new(name)),
        }
    }

    /// Keeps a command, because tauri calls it.
    pub(crate) fn called(&self, command: &Arc<Command>) {
        if !command.exists.swap(true, Ordering::Relaxed) {
            let mut called = self.0.write().unwrap_or_else(PoisonError::into_inner);
            called.insert(command.name.as_str().into(), command.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_name_is_recorded_only_if_tauri_has_called_it() {
        let commands = Commands::default();
        let command = commands.get("greet");
        assert_eq!(command.method(true).as_str(), "_OTHER");
        assert_eq!(
            command.method(false).as_str(),
            "greet",
            "something has answered it"
        );
        commands.called(&command);
        assert_eq!(command.method(true).as_str(), "greet");
    }

    #[test]
    fn a_command_is_kept_once_it_is_called_and_a_name_that_was_made_up_is_not() {
        let commands = Commands::default();
        let greet = commands.get("greet");
        assert!(!Arc::ptr_eq(&greet, &commands.get("greet")));
        commands.called(&greet);
        assert!(Arc::ptr_eq(&greet, &commands.get("greet")));
        commands.get("made up");
        assert_eq!(commands.0.read().unwrap().len(), 1);
    }
}
