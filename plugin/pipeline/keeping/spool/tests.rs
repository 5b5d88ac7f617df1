//! What goes in comes out, once, in order, whatever happens to the files meanwhile.

#[cfg(feature = "encrypted-spool")]
mod encrypted;

use std::{
    fs::OpenOptions,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::*;

const ADDRESSEE: Addressee = Addressee {
    signal: 0,
    tenant: 7,
    key: 0,
};

const LIMITS: SpoolLimits = SpoolLimits {
    max_file_bytes: 300,
    max_bytes: 100_000,
    max_age: Duration::from_secs(3600),
    encrypted: false,
};

/// Room for everything in one file.
const ONE_FILE: SpoolLimits = SpoolLimits {
    max_file_bytes: 10_000,
    ..LIMITS
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn spool_with(folder: &Path, limits: SpoolLimits) -> Spool {
    spool_for(folder, ADDRESSEE, limits, None)
}

fn spool_for(
    folder: &Path,
    addressee: Addressee,
    limits: SpoolLimits,
    key: Option<Arc<SpoolKey>>,
) -> Spool {
    let folder = folder.join("spool");
    Spool::new(folder, addressee, limits, key, Arc::default())
}

fn spool(folder: &TempDir) -> Spool {
    spool_with(folder.path(), LIMITS)
}

/// Stores bodies that say their number.
fn store(spool: &Spool, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        assert!(spool.store(&body(number), 1));
    }
}

fn body(number: u32) -> Vec<u8> {
    format!("{number:>100}").into_bytes()
}

/// Delivers everything, and returns the numbers of what came out.
fn drain(spool: &Spool) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(mut claim) = spool.claim() {
        while let Some(record) = spool.next(&mut claim) {
            let text = String::from_utf8(record.body).expect("a torn body");
            numbers.push(text.trim().parse().expect("a torn body"));
            spool.delivered(&mut claim);
        }
        spool.finish(claim);
    }
    numbers
}

fn names(spool: &Spool, extension: &str) -> usize {
    let files = spool.files();
    let of_it = files
        .iter()
        .filter(|file| file.path.extension().is_some_and(|e| e == extension));
    of_it.count()
}

#[test]
fn what_was_stored_is_delivered_once_and_in_order() {
    let folder = folder();
    let spool = spool(&folder);
    assert!(
        !spool.folder.exists(),
        "nothing is made before it is needed"
    );
    store(&spool, 0..20);
    assert!(names(&spool, COMPLETE) > 1, "in more than one file");
    assert!(spool.bytes() > 20 * 100);
    assert_eq!(drain(&spool), Vec::from_iter(0..20));
    assert_eq!(drain(&spool), [0; 0]);
    assert_eq!(spool.bytes(), 0);
}

#[test]
fn what_a_process_that_is_gone_has_left_is_delivered_by_the_next() {
    let folder = folder();
    store(&spool(&folder), 0..5);
    let next = spool(&folder);
    assert!(next.bytes() > 0);
    assert_eq!(drain(&next), Vec::from_iter(0..5));
}

#[test]
fn two_processes_share_the_folder_and_nobody_takes_what_is_in_use() {
    let folder = folder();
    let (one, two) = (spool(&folder), spool(&folder));
    store(&one, [1]);
    store(&two, [2]);
    assert_eq!(drain(&two), [2], "what is appended to is not touched");
    store(&two, [3]);
    let mut claim = two.claim().expect("a file");
    assert!(two.next(&mut claim).is_some());
    assert_eq!(drain(&one), [1], "nor what is delivered");
    drop(claim);
    assert_eq!(drain(&one), [3]);
}

#[test]
fn a_delivery_that_is_cut_off_goes_on_where_it_was() {
    let folder = folder();
    let first = spool_with(folder.path(), ONE_FILE);
    store(&first, 0..10);
    let mut claim = first.claim().expect("a file");
    for _ in 0..4 {
        assert!(first.next(&mut claim).is_some());
        first.delivered(&mut claim);
    }
    assert!(first.next(&mut claim).is_some(), "sent, and not noted");
    drop(claim);
    assert_eq!(
        drain(&spool_with(folder.path(), ONE_FILE)),
        Vec::from_iter(4..10)
    );
}

#[test]
fn a_byte_that_flips_anywhere_loses_one_file_at_most_and_tears_nothing() {
    let folder = folder();
    store(&spool_with(folder.path(), ONE_FILE), 0..3);
    let written = spool_with(folder.path(), ONE_FILE).files().remove(0);
    let good = fs::read(&written.path).expect("a file");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x41;
        fs::write(&written.path, &bad).expect("written");
        let spool = spool_with(folder.path(), ONE_FILE);
        // Panics if a body is torn.
        let delivered = drain(&spool);
        let expected = Vec::from_iter(0..3);
        assert!(
            delivered.iter().all(|number| expected.contains(number)),
            "{delivered:?} with byte {at}"
        );
        assert!(delivered.is_sorted(), "{delivered:?} with byte {at}");
        if at >= HEADER_BYTES {
            assert_eq!(spool.health.total_corrupt_files(), 1, "byte {at}");
            assert_eq!(names(&spool, CORRUPT), 1, "it is set aside");
        }
        spool.purge().expect("purged");
        fs::create_dir_all(written.path.parent().expect("a folder")).expect("a folder");
    }
}

#[test]
fn a_file_cut_off_anywhere_keeps_what_is_whole() {
    let folder = folder();
    store(&spool_with(folder.path(), ONE_FILE), 0..3);
    let written = spool_with(folder.path(), ONE_FILE).files().remove(0);
    let good = fs::read(&written.path).expect("a file");
    let record = (good.len() - HEADER_BYTES) / 3;
    for length in 0..good.len() {
        fs::write(&written.path, &good[..length]).expect("written");
        let spool = spool_with(folder.path(), ONE_FILE);
        let whole = length.saturating_sub(HEADER_BYTES) / record;
        assert_eq!(
            drain(&spool),
            Vec::from_iter(0..whole as u32),
            "{length} bytes"
        );
        spool.purge().expect("purged");
    }
}

#[test]
fn the_oldest_make_room_for_the_newest_and_are_counted() {
    let folder = folder();
    let limits = SpoolLimits {
        max_bytes: 1_000,
        ..LIMITS
    };
    let spool = spool_with(folder.path(), limits);
    store(&spool, 0..50);
    assert!(spool.bytes() <= 1_000, "{}", spool.bytes());
    let left = drain(&spool);
    assert_eq!(left.last(), Some(&49));
    assert!(left.is_sorted());
    let evicted = spool.health.total_lost(Loss::Evicted);
    assert_eq!(evicted + left.len() as u64, 50);
}

#[test]
fn a_file_is_filled_to_its_last_byte_and_not_beyond() {
    let folder = folder();
    let record = Record::encode(SystemTime::now(), 1, &body(0)).len() as u64;
    let limits = SpoolLimits {
        max_file_bytes: HEADER_BYTES as u64 + 2 * record,
        ..LIMITS
    };
    let spool = spool_with(folder.path(), limits);
    store(&spool, 0..2);
    assert_eq!(spool.files().len(), 1);
    store(&spool, 2..3);
    assert_eq!(spool.files().len(), 2);
    assert_eq!(spool.bytes(), 2 * HEADER_BYTES as u64 + 3 * record);
}

#[test]
fn what_is_too_old_is_dropped_and_counted_and_the_future_is_not_old() {
    let folder = folder();
    let spool = spool(&folder);
    let day = Duration::from_secs(24 * 3600);
    let now = SystemTime::now();
    let mut state = spool.state.lock();
    for (number, time) in [(1, now - day), (2, now + day), (3, now)] {
        let record = Record::encode(time, 1, &body(number));
        spool
            .append(&mut state, ADDRESSEE, &record)
            .expect("stored");
    }
    drop(state);
    assert_eq!(drain(&spool), [2, 3]);
    assert_eq!(spool.health.total_lost(Loss::Expired), 1);
}

#[test]
fn a_file_that_nobody_takes_goes_when_it_is_too_old() {
    let folder = folder();
    let other = Addressee {
        tenant: 8,
        ..ADDRESSEE
    };
    store(&spool_for(folder.path(), other, LIMITS, None), [1]);
    let file = &spool(&folder).files()[0];
    let long_ago = SystemTime::now() - LIMITS.max_age * 2;
    let opened = File::options().write(true).open(&file.path);
    opened
        .and_then(|file| file.set_modified(long_ago))
        .expect("an old file");
    let next = spool(&folder);
    assert_eq!(next.files().len(), 0);
    assert_eq!(next.health.total_lost(Loss::Expired), 1);
}

#[test]
fn what_another_process_appends_to_is_neither_evicted_nor_too_old() {
    let folder = folder();
    let other = spool(&folder);
    store(&other, [1]);
    let file = &other.files()[0];
    let long_ago = SystemTime::now() - LIMITS.max_age * 2;
    let opened = File::options().write(true).open(&file.path);
    opened
        .and_then(|file| file.set_modified(long_ago))
        .expect("an old file");
    let tight = SpoolLimits {
        max_bytes: 400,
        ..LIMITS
    };
    let spool = spool_with(folder.path(), tight);
    store(&spool, 2..10);
    assert!(spool.health.total_lost(Loss::Evicted) > 0);
    store(&other, [10]);
    assert!(drain(&other).contains(&10));
}

#[test]
fn what_another_process_purges_stops_nothing() {
    let folder = folder();
    let spool = spool_with(folder.path(), ONE_FILE);
    store(&spool, [1]);
    self::spool(&folder).purge().expect("an empty folder");
    store(&spool, 2..10);
    assert_eq!(drain(&spool), Vec::from_iter(2..10));
}

#[test]
fn what_is_for_another_collector_is_left_alone() {
    let folder = folder();
    store(&spool(&folder), [1]);
    let other = Addressee {
        tenant: 8,
        ..ADDRESSEE
    };
    let other = spool_for(folder.path(), other, LIMITS, None);
    assert_eq!(drain(&other), [0; 0]);
    assert_eq!(drain(&spool(&folder)), [1]);
}

#[test]
fn purge_leaves_nothing() {
    let folder = folder();
    let spool = spool(&folder);
    store(&spool, 0..10);
    spool.purge().expect("purged");
    assert_eq!(spool.bytes(), 0);
    assert_eq!(spool.files().len(), 0);
    store(&spool, [11]);
    assert_eq!(drain(&spool), [11]);
}

#[test]
fn purge_stops_the_delivery_that_is_under_way() {
    let folder = folder();
    let spool = spool_with(folder.path(), ONE_FILE);
    store(&spool, 0..3);
    let mut claim = spool.claim().expect("a file");
    assert!(spool.next(&mut claim).is_some());
    spool.delivered(&mut claim);
    let next = spool.next(&mut claim).expect("a request");
    spool.purge().expect("purged");
    assert!(!spool.store_again(&claim, next.time, &next.body, next.items));
    assert_eq!(spool.next(&mut claim), None);
    spool.finish(claim);
    store(&spool, [4]);
    assert_eq!(drain(&spool), [4]);
}

#[test]
fn a_finished_file_that_cannot_be_removed_is_not_delivered_again() {
    let folder = folder();
    let spool = spool_with(folder.path(), ONE_FILE);
    for is_torn in [false, true] {
        store(&spool, 0..3);
        let path = spool.files()[0].path.clone();
        let other_name = folder.path().join("other name");
        fs::hard_link(&path, &other_name).expect("linked");
        if is_torn {
            let file = OpenOptions::new().write(true).open(&path);
            let file = file.expect("opened");
            file.set_len(spool.files()[0].bytes - 1).expect("torn");
        }
        drain(&spool);
        let undone = path.with_extension(COMPLETE);
        fs::rename(&other_name, &undone).expect("as if it had not been removed");
        assert!(spool.claim().is_none(), "torn: {is_torn}");
        assert!(!undone.exists(), "it is removed once that is possible");
    }
}

#[test]
fn the_limit_is_that_of_all_processes() {
    let folder = folder();
    let limits = SpoolLimits {
        max_bytes: 3_000,
        ..LIMITS
    };
    let processes = [(); 3].map(|()| spool_with(folder.path(), limits));
    for number in 0..20 {
        for process in &processes {
            store(process, [number]);
        }
    }
    let bytes: u64 = processes[0].files().iter().map(|file| file.bytes).sum();
    let held = 3 * LIMITS.max_file_bytes;
    assert!(bytes <= limits.max_bytes + held, "{bytes}");
}

#[test]
fn a_disk_that_takes_nothing_is_tried_again() {
    let folder = folder();
    fs::write(folder.path().join("spool"), "a file").expect("written");
    let spool = spool(&folder);
    assert!(!spool.store(&body(1), 1));
    assert!(spool.claim().is_none());
    fs::remove_file(folder.path().join("spool")).expect("removed");
    store(&spool, [2]);
    assert_eq!(drain(&spool), [2]);
}

#[test]
fn a_file_that_cannot_be_written_any_more_is_delivered_and_the_next_begins() {
    let folder = folder();
    let spool = spool_with(folder.path(), ONE_FILE);
    store(&spool, [1]);
    let mut state = spool.state.lock();
    let current = state.current.as_mut().expect("a file");
    // The same file, and every write to it fails.
    current.file = File::open(&current.path).expect("opened");
    drop(state);
    assert!(!spool.store(&body(2), 1));
    store(&spool, [3]);
    assert_eq!(drain(&spool), [1, 3]);
}

#[test]
fn a_process_never_finds_a_file_that_another_is_creating() {
    let folder = folder();
    let done = AtomicBool::new(false);
    let creator = || {
        let stored: Vec<_> = (0..300)
            .map(|number| spool(&folder).store(&body(number), 1))
            .collect();
        // Also when something could not be stored, or the other thread would never end.
        done.store(true, Ordering::Relaxed);
        assert!(stored.into_iter().all(|stored| stored));
    };
    let deliverer = || {
        let spool = spool(&folder);
        let mut numbers = Vec::new();
        while !done.load(Ordering::Relaxed) {
            numbers.extend(drain(&spool));
        }
        numbers.extend(drain(&spool));
        assert_eq!(spool.health.total_corrupt_files(), 0);
        numbers
    };
    let numbers = thread::scope(|scope| {
        scope.spawn(creator);
        scope.spawn(deliverer).join().expect("no panic")
    });
    assert_eq!(numbers.len(), 300);
}

#[cfg(unix)]
#[test]
fn only_regular_files_of_its_own_names_are_read_evicted_or_purged() {
    use std::os::unix::fs::symlink;

    let folder = folder();
    let spool_folder = folder.path().join("spool");
    fs::create_dir(&spool_folder).expect("a folder");
    let outside = folder.path().join("outside");
    fs::write(&outside, "outside").expect("written");
    let own_name = |number: u64, extension| format!("{number:020}-0000000a.{extension}");
    let link = spool_folder.join(own_name(1, COMPLETE));
    symlink(&outside, &link).expect("linked");
    let inner = spool_folder.join(own_name(2, COMPLETE));
    fs::create_dir(&inner).expect("a folder");
    let foreign = ["notes.txt", "1.spool", "notes.part"].map(|name| spool_folder.join(name));
    for path in &foreign {
        fs::write(path, [0; 500]).expect("written");
    }
    let limits = SpoolLimits {
        max_bytes: 400,
        max_age: Duration::ZERO,
        ..LIMITS
    };
    let spool = spool_with(folder.path(), limits);
    assert_eq!(spool.bytes(), 0);
    store(&spool, 0..20);
    assert_eq!(spool.health.total_corrupt_files(), 0);
    drain(&spool);
    spool.purge().expect("purged");
    for path in foreign.iter().chain([&inner]) {
        assert!(path.exists(), "{} is gone", path.display());
    }
    assert!(link.is_symlink());
    assert_eq!(fs::read(outside).expect("read"), b"outside");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_the_spool() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    let spool = spool(&folder);
    store(&spool, 0..5);
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&spool.folder), 0o700);
    for file in spool.files() {
        assert_eq!(mode(&file.path), 0o600, "{}", file.path.display());
    }
}
