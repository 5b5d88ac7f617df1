//! The file that keeps the choice between runs: `{"telemetry":"granted"}`, or a choice for each purpose.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::pipeline::{Choices, ConsentState, Purpose, private};

const FILE: &str = "telemetry-consent.json";

/// A choice for each purpose takes 68 bytes at most. A longer file is not ours.
const MAX_BYTES: u64 = 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Choice {
    OfAll { telemetry: ConsentState },
    OfEach(Choices),
}

impl From<Choices> for Choice {
    fn from(choices: Choices) -> Self {
        let telemetry = choices.most_open();
        if choices == Choices::all(telemetry) {
            Self::OfAll { telemetry }
        } else {
            Self::OfEach(choices)
        }
    }
}

impl From<Choice> for Choices {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::OfAll { telemetry } => Self::all(telemetry),
            Choice::OfEach(choices) => choices,
        }
    }
}

/// Where the choice is kept.
#[derive(Debug)]
pub(super) struct ChoiceFile {
    folder: PathBuf,
    path: PathBuf,
}

impl ChoiceFile {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        let path = folder.join(FILE);
        Self { folder, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The choice, which is pending if there is no file.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged.
    pub(super) fn read(&self) -> io::Result<Choices> {
        let file = match private::open(&self.path, OpenOptions::new().read(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Choices::all(ConsentState::Pending));
            }
            opened => opened?,
        };
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        Ok(serde_json::from_str::<Choice>(&text)?.into())
    }

    /// Replaces the choice about `purposes`. That about the others stays as the file has it, because another instance of the app
    /// may have written it since this one has started. In a damaged file they are pending.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub(super) fn change(&self, purposes: &[Purpose], choice: ConsentState) -> io::Result<()> {
        let kept = self.read().unwrap_or(Choices::all(ConsentState::Pending));
        self.write(kept.with(purposes, choice))
    }

    /// Replaces the choice. A crash leaves the old one or the new one.
    ///
    /// # Errors
    /// If the file cannot be replaced. An older choice is then removed, so that the next run asks again, unless that fails
    /// as well.
    fn write(&self, choices: Choices) -> io::Result<()> {
        self.replace(choices).inspect_err(|_| {
            // The error that is returned tells of the same disk.
            let _ = fs::remove_file(&self.path);
        })
    }

    fn replace(&self, choices: Choices) -> io::Result<()> {
        private::create_folder(&self.folder)?;
        let new = self
            .path
            .with_extension(format!("{:08x}.new", fastrand::u32(..)));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = private::open(&new, options.write(true).create_new(true))?;
            file.write_all(&serde_json::to_vec(&Choice::from(choices))?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().inspect_err(|_| {
            // If it is not there it was not created.
            let _ = fs::remove_file(&new);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PENDING: Choices = Choices::all(ConsentState::Pending);
    const GRANTED: Choices = Choices::all(ConsentState::Granted);
    const DENIED: Choices = Choices::all(ConsentState::Denied);

    fn file() -> (tempfile::TempDir, ChoiceFile) {
        let dir = tempfile::tempdir().expect("a folder");
        let file = ChoiceFile::in_folder(dir.path().join("config"));
        (dir, file)
    }

    #[test]
    fn a_choice_is_pending_until_it_is_made_and_then_stays() {
        let (_dir, file) = file();
        assert_eq!(file.read().expect("no file"), PENDING);
        let each = r#"{"crashes":"granted","usage":"denied","diagnostics":"pending"}"#;
        let each = serde_json::from_str(each).expect("choices");
        for choice in [GRANTED, DENIED, each] {
            file.write(choice).expect("written");
            assert_eq!(file.read().expect("a choice"), choice);
        }
        let left = fs::read_dir(&file.folder).expect("a folder").count();
        assert_eq!(left, 1, "nothing but the choice");
    }

    #[test]
    fn a_choice_about_one_purpose_leaves_what_another_instance_of_the_app_has_written() {
        let (_dir, file) = file();
        let other = ChoiceFile::in_folder(file.folder.clone());
        let of = |purpose| file.read().expect("a choice").of(purpose);
        file.change(Purpose::ALL, ConsentState::Granted)
            .expect("written");
        other
            .change(&[Purpose::Diagnostics], ConsentState::Denied)
            .expect("written");
        file.change(&[Purpose::Usage], ConsentState::Pending)
            .expect("written");
        assert_eq!(of(Purpose::Crashes), ConsentState::Granted);
        assert_eq!(of(Purpose::Usage), ConsentState::Pending);
        assert_eq!(of(Purpose::Diagnostics), ConsentState::Denied);

        fs::write(&file.path, "damaged").expect("written");
        file.change(&[Purpose::Usage], ConsentState::Granted)
            .expect("written");
        assert_eq!(of(Purpose::Crashes), ConsentState::Pending);
        assert_eq!(of(Purpose::Usage), ConsentState::Granted);
    }

    #[test]
    fn a_damaged_choice_is_an_error_and_never_a_grant() {
        let (_dir, file) = file();
        file.write(GRANTED).expect("written");
        for text in [
            "",
            "granted",
            "{}",
            r#"{"telemetry":"yes"}"#,
            r#"{"usage":"granted"}"#,
        ] {
            fs::write(&file.path, text).expect("written");
            assert!(file.read().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_grant_that_cannot_be_replaced_by_a_denial_is_removed() {
        let (_dir, file) = file();
        // What cannot be replaced by a file, and what stands for a file that can only be removed.
        fs::create_dir_all(&file.path).expect("a folder in its place");
        assert!(file.write(DENIED).is_err());
        let left = fs::read_dir(&file.folder).expect("a folder").count();
        assert_eq!(left, 1, "no half-written file");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_choice_and_it_is_no_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let (dir, file) = file();
        file.write(DENIED).expect("written");
        let mode = fs::metadata(&file.path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, r#"{"telemetry":"granted"}"#).expect("written");
        fs::remove_file(&file.path).expect("removed");
        symlink(&elsewhere, &file.path).expect("linked");
        assert!(file.read().is_err());
    }
}
