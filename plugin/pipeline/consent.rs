//! Consent: the person who uses the app decides whether the pipelines export. A denial also deletes the queued items and the files.

use std::{io, sync::Arc};

use super::{
    Choices, ConsentState, CrashReports, Pipeline, Purpose,
    keeping::{self, InstallationId, spool::Spool},
    sending::{Admission, Drain, Outlets},
};
use crate::config::Signal;

impl Pipeline {
    /// What the person who uses the app has decided.
    pub(crate) fn consent(&self) -> Choices {
        self.gates.choices()
    }

    /// Applies a decision about one purpose before it returns. A denial deletes the queued items and the files of that purpose. A
    /// request that is already being sent to the collector is not stopped.
    ///
    /// # Errors
    /// If a file of the spool cannot be removed.
    pub(crate) fn set_consent(&self, purpose: Purpose, state: ConsentState) -> io::Result<()> {
        if state == ConsentState::Granted
            && self.hashes
            && let Some(redactor) = &self.redactor
        {
            redactor.hash_with(|| keeping::installation_key(self.key_folder.as_deref()));
        }
        self.gates.of(purpose).set(state);
        let admission = match state {
            ConsentState::Pending => Admission::Hold,
            ConsentState::Granted => Admission::Export,
            ConsentState::Denied => Admission::Refuse,
        };
        self.drains_of(purpose)
            .for_each(|drain| drain.admit(admission));
        match state {
            ConsentState::Pending => {}
            // Delivers what earlier runs have left.
            ConsentState::Granted => {
                if let Some(id) = &self.installation_id {
                    id.keep();
                }
                if purpose == Purpose::Crashes {
                    self.report_crashes();
                }
                self.wake.answered();
            }
            ConsentState::Denied => {
                let erased = self.erase_of(purpose);
                if self.consent().most_open() == ConsentState::Denied {
                    self.erase_id()?;
                }
                erased?;
            }
        }
        Ok(())
    }

    /// Deletes everything that was recorded and has not left yet, in memory and on disk, and the id of the installation.
    ///
    /// # Errors
    /// If a file cannot be removed. Everything else is deleted.
    pub(crate) fn erase(&self) -> io::Result<()> {
        // All of them, also after one that failed.
        let erased = Purpose::ALL.iter().map(|purpose| self.erase_of(*purpose));
        erased.fold(Ok(()), io::Result::and).and(self.erase_id())
    }

    fn erase_id(&self) -> io::Result<()> {
        let id = self.installation_id.as_ref();
        id.map_or(Ok(()), InstallationId::erase)
    }

    fn erase_of(&self, purpose: Purpose) -> io::Result<()> {
        self.drains_of(purpose).for_each(Drain::clear);
        let mut erased = Ok(());
        match (purpose, &self.crash) {
            (Purpose::Crashes, Some(crash)) => erased = crash.journal.erase(),
            (Purpose::Diagnostics, _) => {
                if let Some(spans) = &self.spans {
                    spans.clear_held();
                }
                if let Some(logs) = &self.logs {
                    logs.breadcrumbs.clear();
                }
            }
            (Purpose::Crashes, None) | (Purpose::Usage, _) => {}
        }
        purge(self.outlets_of(purpose)).and(erased)
    }

    /// Where what is recorded for a purpose goes.
    fn outlets_of(&self, purpose: Purpose) -> impl Iterator<Item = &Arc<Outlets>> {
        let signals = Signal::ALL
            .into_iter()
            .filter(move |signal| Purpose::of(*signal) == purpose);
        let reports = self
            .crash
            .iter()
            .filter(move |_| purpose == Purpose::Crashes);
        signals
            .map(move |signal| &self.signal(signal).outlets)
            .chain(reports.flat_map(CrashReports::outlets))
    }

    /// Removes everything that is kept on disk.
    ///
    /// # Errors
    /// If a file cannot be removed. The other files are removed.
    pub(crate) fn purge(&self) -> io::Result<()> {
        let all = Purpose::ALL.iter();
        purge(all.flat_map(|purpose| self.outlets_of(*purpose)))
    }
}

/// Removes what is kept on disk for these outlets.
fn purge<'a>(outlets: impl Iterator<Item = &'a Arc<Outlets>>) -> io::Result<()> {
    // All of them, also after one that failed.
    let spools = outlets.filter_map(|outlets| outlets.spool());
    let purged: Vec<_> = spools.map(Spool::purge).collect();
    purged.into_iter().collect()
}
