//! The consent of the person who uses the app, which outlives the run of the app.
//!
//! The choice is kept in a file of its own, so that a person can read it and remove it. Without the file, or if it cannot be
//! read, the choice is still to be made. The [gate](crate::pipeline) of the pipeline enforces it.

mod file;

use std::{io, path::PathBuf};

use parking_lot::Mutex;
use tracebaton::ChildProcess;

use self::file::ChoiceFile;
use crate::{
    diagnostics,
    pipeline::{Choices, ConsentState, Pipeline, Purpose},
};

/// The choice of the person, if the app asks for one.
#[derive(Debug)]
pub(crate) struct ConsentChoice {
    is_required: bool,
    /// `None` if the system names no folder for it. The choice is then one of this run.
    file: Option<ChoiceFile>,
    /// Held during a choice, so that the file has the last one.
    choosing: Mutex<()>,
}

impl ConsentChoice {
    /// `folder` is where the choice is kept, if it is required.
    pub(crate) fn new(is_required: bool, folder: Option<PathBuf>) -> Self {
        Self {
            is_required,
            file: folder.map(ChoiceFile::in_folder),
            choosing: Mutex::default(),
        }
    }

    /// Whether the app asks for consent.
    pub(crate) fn is_required(&self) -> bool {
        self.is_required
    }

    /// What was chosen in an earlier run.
    pub(crate) fn read(&self) -> Choices {
        if !self.is_required {
            return Choices::all(ConsentState::Granted);
        }
        let Some(file) = &self.file else {
            return Choices::all(ConsentState::Pending);
        };
        file.read().unwrap_or_else(|error| {
            diagnostics::warn(format_args!(
                "cannot read {}, so the consent to telemetry is to be asked for again: {error}",
                file.path().display()
            ));
            Choices::all(ConsentState::Pending)
        })
    }

    /// Lets further child processes send telemetry in the same cases as pages: a child cannot know of the consent. Does nothing if the app
    /// asks for none.
    pub(crate) fn tell_children(&self, pipeline: &Pipeline) {
        if self.is_required {
            ChildProcess::set_disabled(!pipeline.consent().allow_recording());
        }
    }

    /// Makes `choice` about some purposes take effect in `pipeline` at once, and keeps it for later runs. Does nothing if the app asks for no
    /// consent.
    ///
    /// # Errors
    /// If the choice or the denied telemetry cannot be changed on disk. In this run the choice has taken effect.
    pub(crate) fn choose(
        &self,
        pipeline: &Pipeline,
        purposes: &[Purpose],
        choice: ConsentState,
    ) -> io::Result<()> {
        if !self.is_required {
            return Ok(());
        }
        let _choosing = self.choosing.lock();
        // The gates first: a disk that takes nothing must not keep them open. All of them, also after one that failed.
        let changed: Vec<_> = purposes
            .iter()
            .map(|purpose| pipeline.set_consent(*purpose, choice))
            .collect();
        self.tell_children(pipeline);
        let file = self.file.as_ref();
        file.ok_or_else(|| {
            io::Error::other("the system names no folder for the settings of this app")
        })?
        .change(purposes, choice)?;
        changed.into_iter().collect()
    }
}
