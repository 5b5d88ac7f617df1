//! The messages, in memory.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tracing::instrument;

/// A message that was delivered.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    to: String,
    text: String,
}

impl Message {
    /// Whether a text is in it.
    pub fn holds(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

/// All messages.
#[derive(Default)]
pub struct Store {
    messages: Mutex<Vec<Message>>,
    /// The ids of those that were received.
    received: Mutex<HashSet<String>>,
}

impl Store {
    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All messages, oldest first.
    #[instrument(skip_all)]
    pub fn load(&self) -> Vec<Message> {
        self.messages().clone()
    }

    /// Adds one that was received, unless it is here: who has lost an acknowledgement sends again.
    pub fn keep_new(&self, id: String, to: String, text: String) -> Option<Message> {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = received.insert(id);
        drop(received);
        is_new.then(|| self.keep(to, text))
    }

    /// Adds one.
    #[instrument(skip_all)]
    pub fn keep(&self, to: String, text: String) -> Message {
        let message = Message { to, text };
        self.messages().push(message.clone());
        message
    }
}
