//! The key that the spool is encrypted with. It lies in the keyring of the system, and never on the disk in the clear.

mod cipher;

use std::{
    fmt, io, mem,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use keyring::{Entry, Error};
use parking_lot::{Condvar, Mutex};

pub(crate) use self::cipher::Cipher;
use crate::diagnostics;

/// The name of the entry, beside the identifier of the app.
const ENTRY: &str = "key of the telemetry spool";

/// How long requests wait for the keyring after it was asked. It may be asking the user for a password.
const PATIENCE: Duration = Duration::from_secs(2);

type Load = Box<dyn FnOnce() -> Result<Cipher, String> + Send>;

/// The key, which a thread asks the keyring for.
pub(crate) struct SpoolKey {
    state: Mutex<State>,
    answered: Condvar,
}

enum State {
    NotAsked(Load),
    Asked {
        /// The end of [`PATIENCE`].
        due: Instant,
    },
    /// `None` if the keyring gave no key.
    Answered(Option<Arc<Cipher>>),
}

impl State {
    fn is_waiting(&mut self) -> bool {
        !matches!(self, Self::Answered(_))
    }
}

impl fmt::Debug for SpoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolKey").finish_non_exhaustive()
    }
}

impl SpoolKey {
    /// The key of the app with this identifier. The keyring is not asked yet.
    pub(crate) fn new(identifier: &str) -> Arc<Self> {
        let identifier = identifier.to_owned();
        Self::loaded_by(move || from_keyring(&identifier))
    }

    fn loaded_by(load: impl FnOnce() -> Result<Cipher, String> + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::NotAsked(Box::new(load))),
            answered: Condvar::new(),
        })
    }

    /// Asks the keyring, unless it was asked before. A thread waits for the answer, because a keyring may wait for a person.
    pub(crate) fn ask(self: &Arc<Self>) {
        let mut state = self.state.lock();
        let due = Instant::now() + PATIENCE;
        let load = match mem::replace(&mut *state, State::Asked { due }) {
            State::NotAsked(load) => load,
            asked => {
                *state = asked;
                return;
            }
        };
        let key = self.clone();
        let thread = thread::Builder::new().name("OpenTelemetry.Keyring".to_owned());
        if let Err(error) = thread.spawn(move || key.answer(load())) {
            drop(state);
            self.answer(Err(error.to_string()));
        }
    }

    fn answer(&self, answer: Result<Cipher, String>) {
        let cipher = answer.inspect_err(|error| {
            diagnostics::warn(format_args!(
                "the keyring of this system gives no key for the spool, so what cannot be delivered at once is lost: {error}"
            ));
        });
        *self.state.lock() = State::Answered(cipher.ok().map(Arc::new));
        self.answered.notify_all();
    }

    /// A key that is not in any keyring.
    #[cfg(test)]
    pub(crate) fn random() -> Arc<Self> {
        Self::random_after(|| {})
    }

    /// A key that is not in any keyring, and is there when `wait` returns.
    #[cfg(test)]
    pub(crate) fn random_after(wait: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Self::loaded_by(|| {
            wait();
            Ok(Cipher::random().0)
        })
    }

    /// What a keyring without a key answers.
    #[cfg(test)]
    pub(crate) fn missing() -> Arc<Self> {
        Self::loaded_by(|| Err("no keyring".to_owned()))
    }

    /// Asks the keyring, and waits until it has answered, however long that takes.
    pub(crate) fn wait(self: &Arc<Self>) {
        self.ask();
        let mut state = self.state.lock();
        self.answered.wait_while(&mut state, State::is_waiting);
    }

    /// What encrypts with the key. Asks the keyring, and waits for it until two seconds after it was first asked.
    ///
    /// # Errors
    /// If the keyring gave no key, or has not answered yet.
    pub(crate) fn cipher(self: &Arc<Self>) -> io::Result<Arc<Cipher>> {
        self.ask();
        let mut state = self.state.lock();
        if let State::Asked { due } = *state {
            self.answered
                .wait_while_until(&mut state, State::is_waiting, due);
        }
        match &*state {
            State::Answered(Some(cipher)) => Ok(cipher.clone()),
            State::Answered(None) => {
                Err(io::Error::other("the keyring of this system gave no key"))
            }
            State::NotAsked(_) | State::Asked { .. } => Err(io::Error::other(
                "the keyring of this system has not answered yet",
            )),
        }
    }
}

/// The key in the keyring. If there is none it is created.
fn from_keyring(identifier: &str) -> Result<Cipher, String> {
    let read = || -> Result<Vec<u8>, Error> {
        let entry = Entry::new(identifier, ENTRY)?;
        match entry.get_secret() {
            Err(Error::NoEntry) => {
                entry.set_secret(&Cipher::random().1)?;
                // Another process of the app may have stored one at the same time. The last one is that of all.
                entry.get_secret()
            }
            secret => secret,
        }
    };
    let secret = read().map_err(|error| error.to_string())?;
    Cipher::from_secret(&secret)
        .ok_or_else(|| format!("the entry {ENTRY:?} of {identifier} is damaged; remove it"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_request_waits_for_the_keyring() {
        let (answer, answers) = mpsc::channel::<Cipher>();
        let key = SpoolKey::loaded_by(move || answers.recv().map_err(|e| e.to_string()));
        let waiting = thread::spawn({
            let key = key.clone();
            move || key.cipher().map(|cipher| cipher.number())
        });
        let cipher = Cipher::random().0;
        let number = cipher.number();
        answer.send(cipher).expect("it waits");
        assert_eq!(waiting.join().expect("joined").expect("a key"), number);
    }

    #[test]
    fn without_an_answer_there_is_no_key_and_only_one_wait() {
        let (silent, never) = mpsc::channel::<Cipher>();
        let key = SpoolKey::loaded_by(move || never.recv().map_err(|e| e.to_string()));
        let start = Instant::now();
        for _ in 0..3 {
            let error = key.cipher().expect_err("no key");
            assert!(error.to_string().contains("not answered"), "{error}");
        }
        assert!(start.elapsed() < 2 * PATIENCE, "{:?}", start.elapsed());
        drop(silent);
        key.wait();
        let error = key.cipher().expect_err("no key");
        assert!(error.to_string().contains("gave no key"), "{error}");
    }
}
