//! The key that the spool is encrypted with. It lies in the keyring of the system, and never on the disk in the clear.

mod cipher;

use std::{fmt, io, sync::Arc, thread, time::Duration};

use keyring::{Entry, Error};
use parking_lot::{Condvar, Mutex};

pub(crate) use self::cipher::Cipher;
use crate::diagnostics;

/// The name of the entry, beside the identifier of the app.
const ENTRY: &str = "key of the telemetry spool";

/// The longest that a request waits for the keyring, which may be asking the user for a password.
const PATIENCE: Duration = Duration::from_secs(2);

/// The key, which a thread asks the keyring for.
pub(crate) struct SpoolKey {
    /// `None` until the keyring has answered; `Some(None)` if it gave no key.
    answer: Mutex<Option<Option<Arc<Cipher>>>>,
    answered: Condvar,
}

impl fmt::Debug for SpoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolKey").finish_non_exhaustive()
    }
}

impl SpoolKey {
    /// Asks the keyring for the key of the app with this identifier, on a thread, because a keyring may wait for a person.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn ask(identifier: &str) -> io::Result<Arc<Self>> {
        let identifier = identifier.to_owned();
        Self::ask_with(move || from_keyring(&identifier))
    }

    fn ask_with(
        load: impl FnOnce() -> Result<Cipher, String> + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let key = Arc::new(Self {
            answer: Mutex::new(None),
            answered: Condvar::new(),
        });
        let asked = key.clone();
        let ask = move || {
            let cipher = load().inspect_err(|error| {
                diagnostics::warn(format_args!(
                    "the keyring of this system gives no key for the spool, so what cannot be delivered at once is lost: \
                     {error}"
                ));
            });
            *asked.answer.lock() = Some(cipher.ok().map(Arc::new));
            asked.answered.notify_all();
        };
        thread::Builder::new()
            .name("OpenTelemetry.Keyring".to_owned())
            .spawn(ask)?;
        Ok(key)
    }

    /// A key that is not in any keyring.
    #[cfg(test)]
    pub(crate) fn random() -> Arc<Self> {
        Self::ask_with(|| Ok(Cipher::random().0)).expect("a thread")
    }

    /// What a keyring without a key answers.
    #[cfg(test)]
    pub(crate) fn missing() -> Arc<Self> {
        Self::ask_with(|| Err("no keyring".to_owned())).expect("a thread")
    }

    /// What encrypts with the key. Waits for the keyring, two seconds at most.
    ///
    /// # Errors
    /// If the keyring gave no key, or has not answered yet.
    pub(crate) fn cipher(&self) -> io::Result<Arc<Cipher>> {
        let mut answer = self.answer.lock();
        self.answered
            .wait_while_for(&mut answer, |answer| answer.is_none(), PATIENCE);
        match answer.as_ref() {
            Some(Some(cipher)) => Ok(cipher.clone()),
            Some(None) => Err(io::Error::other("the keyring of this system gave no key")),
            None => Err(io::Error::other(
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
        let key = SpoolKey::ask_with(move || answers.recv().map_err(|e| e.to_string()));
        let key = key.expect("a thread");
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
    fn without_an_answer_there_is_no_key() {
        let (silent, never) = mpsc::channel::<Cipher>();
        let key = SpoolKey::ask_with(move || never.recv().map_err(|e| e.to_string()));
        let key = key.expect("a thread");
        let error = key.cipher().expect_err("no key");
        assert!(error.to_string().contains("not answered"), "{error}");
        drop(silent);
        let error = key.cipher().expect_err("no key");
        assert!(error.to_string().contains("gave no key"), "{error}");
    }
}
