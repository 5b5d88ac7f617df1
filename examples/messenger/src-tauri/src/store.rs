//! The messages, in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tracing::instrument;

/// A message that was delivered.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    to: String,
    text: String,
}

/// All messages.
#[derive(Default)]
pub struct Store(Mutex<Vec<Message>>);

impl Store {
    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All messages, oldest first.
    #[instrument(skip_all)]
    pub fn load(&self) -> Vec<Message> {
        self.messages().clone()
    }

    /// Adds one.
    #[instrument(skip_all)]
    pub fn keep(&self, to: String, text: String) -> Message {
        let message = Message { to, text };
        self.messages().push(message.clone());
        message
    }
}
