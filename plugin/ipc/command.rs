//! The commands of the app, as their invokes share them.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::{Context, StringValue};

use crate::invoke_metrics::Usual;

/// A command. The context of an invoke carries it.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: StringValue,
    /// Set once tauri has called it.
    exists: AtomicBool,
    /// Its instruments, from the first invoke that needs them.
    usual: OnceLock<Usual>,
}

impl Command {
    fn new(name: &str) -> Self {
        Self {
            name: Arc::<str>::from(name).into(),
            exists: AtomicBool::new(false),
            usual: OnceLock::new(),
        }
    }

    /// Whether this thread is in the invoke of one.
    pub(crate) fn is_current() -> bool {
        Context::map_current(|cx| cx.get::<Arc<Self>>().is_some())
    }

    /// Its instruments, if it exists: made once, by `bind`.
    pub(crate) fn usual(&self, bind: impl FnOnce() -> Usual) -> Option<&Usual> {
        let exists = self.exists.load(Ordering::Relaxed);
        exists.then(|| self.usual.get_or_init(bind))
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
