//! The runs on the disk: one SQLite database for each, written by one thread and read by many.
//!
//! What comes in waits in a bounded [`Queue`], goes to the disk within 200 ms, and is lost only if the program dies
//! before that. All runs together stay below a limit in bytes ([`room`]); what was removed is counted.

mod blocks;
mod error;
mod errors;
mod folder;
mod intern;
mod numbers;
mod queue;
mod reader;
mod rollup;
mod room;
mod schema;
mod sketch;
mod state;
#[cfg(test)]
mod tests;
mod trace_row;
mod writer;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::sync_channel},
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) use blocks::{Block, Entry, entries};
pub use error::Error;
pub(crate) use numbers::number_of;
pub(crate) use queue::Full;
pub(crate) use reader::{Operation, Reader};
pub(crate) use rollup::{Rollup, SLOT_NANOS};
pub(crate) use room::MIN_LIMIT;
pub(crate) use sketch::Sketch;
pub(crate) use state::State;
pub(crate) use trace_row::decode_facets;
pub(crate) use writer::SPAN_BITS;

use crate::{api, intake::Batch};
use folder::Folder;
use queue::Queue;
use reader::Readers;
use tokio::sync::watch;
use writer::Writer;

/// Traces that `Live` remembers; a page shows fewer.
const MAX_RECENT: usize = 256;

/// Messages that the status shows.
const MAX_MESSAGES: usize = 20;

/// Where runs are kept, and how much.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) folder: PathBuf,
    pub(crate) limit: u64,
    pub(crate) queue_bytes: usize,
    pub(crate) name: String,
}

/// The runs, of which one is being written.
pub(crate) struct Store {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    folder: Folder,
    limit: u64,
    queue: Queue,
    readers: Readers,
    current: Mutex<String>,
    messages: Mutex<VecDeque<String>>,
    renamed: Mutex<Option<String>>,
    live: watch::Sender<Live>,
}

/// What the current run holds, told after every transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    /// Grows with every transaction.
    pub(crate) sequence: u64,
    pub(crate) state: State,
    /// Traces that have grown, with the sequence of the last time, the newest first.
    pub(crate) recent: VecDeque<(u64, i64)>,
}

impl Store {
    /// Begins a new run.
    ///
    /// # Errors
    /// If the folder cannot be used, or has no room.
    pub(crate) fn open(options: Options) -> Result<Self, Error> {
        let folder = Folder::create(&options.folder)?;
        let mut messages = VecDeque::new();
        for id in folder.runs() {
            if folder.is_running(&id) {
                continue;
            }
            match Reader::once(&folder, &id, |reader| reader.state()) {
                Err(error) if error.is_damage() => {
                    let aside = folder.set_aside(&id)?;
                    messages.push_back(format!(
                        "the run {id} is damaged and was set aside as {}",
                        aside.display()
                    ));
                }
                Err(error) => messages.push_back(format!("the run {id} cannot be read: {error}")),
                Ok(_) => {}
            }
        }
        let limit = options.limit.max(MIN_LIMIT);
        let writer = Writer::create(&folder, limit, &options.name, now())?;
        let shared = Arc::new(Shared {
            queue: Queue::new(options.queue_bytes),
            readers: Readers::default(),
            current: Mutex::new(writer.id().to_owned()),
            messages: Mutex::new(messages),
            renamed: Mutex::default(),
            live: watch::Sender::new(Live {
                state: writer.state.clone(),
                ..Live::default()
            }),
            folder,
            limit,
        });
        let of_thread = shared.clone();
        let thread = std::thread::Builder::new()
            .name("tracepane-writer".to_owned())
            .spawn(move || of_thread.write(writer))
            .map_err(|source| Error::Io {
                path: options.folder,
                source,
            })?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Reads the runs of a folder, and writes none. The current run is the newest.
    ///
    /// # Errors
    /// If the folder cannot be used.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn follow(folder: PathBuf, limit: u64) -> Result<Self, Error> {
        let queue = Queue::new(0);
        queue.close();
        let shared = Shared {
            folder: Folder::create(&folder)?,
            limit: limit.max(MIN_LIMIT),
            queue,
            readers: Readers::default(),
            current: Mutex::default(),
            messages: Mutex::default(),
            renamed: Mutex::default(),
            live: watch::Sender::new(Live::default()),
        };
        Ok(Self {
            shared: Arc::new(shared),
            thread: Mutex::default(),
        })
    }

    /// Whether a program writes a run.
    #[cfg(feature = "cli")]
    pub(crate) fn is_running(&self, id: &str) -> bool {
        self.shared.folder.is_running(id)
    }

    /// The newest run that a program writes. An opened file is a run that nobody writes.
    #[cfg(feature = "cli")]
    pub(crate) fn running(&self) -> Option<String> {
        let mut runs = self.shared.folder.runs().into_iter();
        runs.find(|id| self.is_running(id))
    }

    /// Queues the rows of a request.
    pub(crate) fn push(&self, batch: Batch) -> Result<(), Full> {
        self.push_or_return(batch).map_err(|_| Full)
    }

    /// Queues the rows of a request, and waits until there is room. Blocks: not for the threads of a runtime.
    ///
    /// # Errors
    /// If nothing more is stored.
    pub(crate) fn push_when_room(&self, mut batch: Batch) -> Result<(), Full> {
        loop {
            match self.push_or_return(batch) {
                Ok(()) => return Ok(()),
                Err(_) if self.shared.queue.is_closed() => return Err(Full),
                Err(returned) => batch = *returned,
            }
            self.flush();
        }
    }

    /// Whether a request of so many bytes would be queued now.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.shared.queue.has_room(bytes)
    }

    /// Queues the rows of a request, or gives them back when the queue is full.
    fn push_or_return(&self, batch: Batch) -> Result<(), Box<Batch>> {
        if batch.rows() == 0 {
            return Ok(());
        }
        self.shared.queue.push(batch)
    }

    /// Waits until everything that is queued now is stored. Blocks: not for the threads of a runtime.
    pub(crate) fn flush(&self) {
        let (done, stored) = sync_channel(1);
        self.shared.queue.flush(done);
        // It is closed once the writer has ended, and then there is nothing to wait for.
        let _ = stored.recv();
    }

    /// Ends the current run. Everything queued is stored.
    pub(crate) fn close(&self) {
        self.shared.queue.close();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// The id of the current run.
    pub(crate) fn current(&self) -> String {
        let own = lock(&self.shared.current).clone();
        if own.is_empty() {
            return self
                .shared
                .folder
                .runs()
                .into_iter()
                .next()
                .unwrap_or_default();
        }
        own
    }

    pub(crate) fn live(&self) -> watch::Receiver<Live> {
        self.shared.live.subscribe()
    }

    /// Whether a run is written here, and what is stored is told to [`Self::live`].
    pub(crate) fn is_writing(&self) -> bool {
        lock(&self.thread).is_some()
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        lock(&self.shared.messages).iter().cloned().collect()
    }

    pub(crate) fn limit(&self) -> u64 {
        self.shared.limit
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.shared.folder.total_bytes()
    }

    /// Calls `read` with a connection to a run; the current one if none is named. Blocks.
    pub(crate) fn read<T>(
        &self,
        run: Option<&str>,
        read: impl FnOnce(&mut Reader) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (current, folder) = (self.current(), &self.shared.folder);
        let id = run.unwrap_or(&current);
        if !folder.database(id)?.exists() {
            return Err(Error::NoRun(id.to_owned()));
        }
        if id == current {
            self.shared.readers.with(folder, id, read)
        } else {
            Reader::once(folder, id, read)
        }
    }

    /// All runs, the newest first. One that cannot be read is left out.
    pub(crate) fn runs(&self) -> Vec<api::Run> {
        let ids = self.shared.folder.runs().into_iter();
        ids.filter_map(|id| self.run(&id).ok()).collect()
    }

    /// One run.
    pub(crate) fn run(&self, id: &str) -> Result<api::Run, Error> {
        let state = self.read(Some(id), |reader| reader.state())?;
        // The newest run of a folder that is only read may have ended.
        let current = id == self.current() && self.shared.folder.is_running(id);
        Ok(api::Run {
            started_at: millis(state.started),
            ended_at: (!current).then(|| millis(state.touched)),
            bytes: self.shared.folder.bytes(id),
            spans: state.spans - state.pruned_spans.min(state.spans),
            pinned: self.shared.folder.is_pinned(id),
            current,
            name: state.name,
            id: id.to_owned(),
        })
    }

    /// Pins, unpins or names a run.
    pub(crate) fn change(&self, id: &str, change: &api::RunChange) -> Result<api::Run, Error> {
        self.run(id)?;
        if let Some(pinned) = change.pinned {
            self.shared.folder.pin(id, pinned)?;
        }
        if let Some(name) = &change.name {
            if !self.is_writing() || id != self.current() {
                return Err(Error::Kept(
                    id.to_owned(),
                    "not written by this program, and only the program that writes a run can rename it",
                ));
            }
            *lock(&self.shared.renamed) = Some(name.clone());
            self.flush();
        }
        self.run(id)
    }

    /// Removes a run that no program writes.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Error> {
        self.run(id)?;
        self.shared.readers.forget(id);
        self.shared.folder.remove(id)
    }

    /// Writes batches into a finished run of their own, and says its id.
    pub(crate) fn import(
        &self,
        name: &str,
        batches: impl Iterator<Item = Batch>,
    ) -> Result<String, Error> {
        let mut writer = Writer::create(&self.shared.folder, self.shared.limit, name, now())?;
        let mut messages = Vec::new();
        for mut batch in batches {
            batch.is_from_file = true;
            writer.write(&[batch], now(), &mut messages)?;
        }
        let id = writer.id().to_owned();
        writer.finish()?;
        self.shared.say(messages);
        Ok(id)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn write(&self, mut writer: Writer) {
        let mut sequence = 0;
        loop {
            let work = self.queue.take();
            let mut messages = Vec::new();
            if let Some(name) = lock(&self.renamed).take()
                && let Err(error) = writer.rename(name)
            {
                messages.push(format!("the run could not be renamed: {error}"));
            }
            if let Err(error) = writer.write(&work.batches, now(), &mut messages) {
                match self.begin_anew(writer, &error, &mut messages) {
                    Some(anew) => writer = anew,
                    None => {
                        self.say(messages);
                        self.queue.close();
                        // Whoever waits until what is queued is stored would wait forever.
                        while !self.queue.take().is_last {}
                        return;
                    }
                }
            }
            self.queue.stored(&work);
            self.say(messages);
            sequence += 1;
            self.tell(sequence, &mut writer);
            drop(work.flushed);
            if work.is_last {
                if let Err(error) = writer.finish() {
                    self.say(vec![format!("the end of the run: {error}")]);
                }
                return;
            }
        }
    }

    /// Begins another run after one that cannot be written any more. If it is damaged, its file is set aside.
    fn begin_anew(
        &self,
        writer: Writer,
        error: &Error,
        messages: &mut Vec<String>,
    ) -> Option<Writer> {
        let (id, name) = (writer.id().to_owned(), writer.state.name.clone());
        self.readers.forget(&id);
        if error.is_damage() {
            match writer.set_aside() {
                Ok(path) => messages.push(format!(
                    "{error}: the run {id} was set aside as {}",
                    path.display()
                )),
                Err(error) => messages.push(format!(
                    "the damaged run {id} could not be set aside: {error}"
                )),
            }
        } else {
            drop(writer);
            messages.push(format!("{error}: the run {id} has ended"));
        }
        match Writer::create(&self.folder, self.limit, &name, now()) {
            Ok(writer) => {
                *lock(&self.current) = writer.id().to_owned();
                Some(writer)
            }
            Err(error) => {
                messages.push(format!("no new run could be begun: {error}"));
                None
            }
        }
    }

    fn tell(&self, sequence: u64, writer: &mut Writer) {
        let changed = writer.changed();
        self.live.send_modify(|live| {
            live.sequence = sequence;
            live.state.clone_from(&writer.state);
            let mut changed = changed;
            changed.sort_unstable_by(|a, b| b.cmp(a));
            changed.truncate(MAX_RECENT);
            live.recent.retain(|(_, trace)| !changed.contains(trace));
            for trace in changed.into_iter().rev() {
                live.recent.push_front((sequence, trace));
            }
            live.recent.truncate(MAX_RECENT);
        });
    }

    fn say(&self, messages: Vec<String>) {
        let mut all = lock(&self.messages);
        for message in messages {
            if all.back() != Some(&message) {
                all.push_back(message);
            }
        }
        let excess = all.len().saturating_sub(MAX_MESSAGES);
        all.drain(..excess);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_nanos() as i64
}

/// Nanoseconds as the milliseconds of the API.
pub(crate) fn millis(nanos: i64) -> f64 {
    // Whole milliseconds and the rest apart: their sum has the fewest digits.
    nanos.div_euclid(1_000_000) as f64 + nanos.rem_euclid(1_000_000) as f64 / 1e6
}
