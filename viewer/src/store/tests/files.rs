//! The files of the runs: who can read them, damage, and two viewers in one folder.

use std::{fs, path::PathBuf};

use rusqlite::Connection;

use super::{super::folder::Folder, *};
use crate::query::traces;

fn files(folder: &TempDir) -> Vec<PathBuf> {
    fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[cfg(unix)]
#[test]
fn nobody_but_this_user_can_read_them() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new(32 << 20);
    home.spans(vec![span(1, 1, 0, 1, 2)]);
    home.core.store.flush();
    let files = files(&home.folder);
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn a_damaged_file_is_set_aside_with_a_message() {
    let home = Home::new(32 << 20);
    fs::write(
        home.folder.path().join("1-1-1.db"),
        b"this is no database at all, but it is long enough to have a header",
    )
    .unwrap();
    let second = open(&home.folder, 32 << 20);
    let messages = second.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("1-1-1.damaged"), "{messages:?}");
    assert!(home.folder.path().join("1-1-1.damaged").exists());
    assert!(second.runs().iter().all(|run| run.id != "1-1-1"));
}

#[test]
fn a_file_of_a_newer_version_is_left_as_it_is_with_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1-1-1.db");
    let file = Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let before = fs::read(&path).unwrap();
    let store = open(&folder, 32 << 20);
    let messages = store.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("the run 1-1-1 cannot be read")
            && messages[0].contains("which a newer tracepane wrote"),
        "{messages:?}"
    );
    assert!(store.runs().iter().all(|run| run.id != "1-1-1"));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_another_viewer_writes_is_neither_set_aside_nor_given_away() {
    let folder = tempfile::tempdir().unwrap();
    let other = Folder::create(folder.path()).unwrap();
    let lock = other.create_run("1-1-1").unwrap();
    let path = folder.path().join("1-1-1.db");
    // The other viewer has not written its first page yet, as far as this one can see.
    fs::write(&path, vec![7; MIN_LIMIT as usize]).unwrap();
    let second = open(&folder, 32 << 20);
    assert_eq!(second.messages(), Vec::<String>::new());
    assert!(path.exists());
    drop(second);
    let small = Options {
        folder: folder.path().to_owned(),
        limit: MIN_LIMIT,
        queue_bytes: 1 << 20,
        name: String::new(),
    };
    let refused = Store::open(small).err().map(|error| error.to_string());
    assert!(
        refused
            .as_ref()
            .is_some_and(|text| text.contains("running runs take")),
        "{refused:?}"
    );
    assert!(path.exists());
    drop(lock);
    let third = open(&folder, 32 << 20);
    assert!(third.messages()[0].contains("1-1-1.damaged"));
}

#[test]
fn two_viewers_in_one_folder_have_a_run_each() {
    let first = Home::new(32 << 20);
    let second = Core::new(open(&first.folder, 32 << 20));
    first.spans(vec![span(1, 1, 0, 1, 2)]);
    second
        .store
        .push(batch(vec![span(2, 2, 0, 1, 2), span(2, 3, 2, 1, 2)]))
        .unwrap();
    second.store.flush();
    first.core.store.flush();
    let (a, b) = (first.core.store.current(), second.store.current());
    assert_ne!(a, b);
    let spans = |store: &Store, run: &str| {
        store
            .read(Some(run), |reader| reader.state())
            .unwrap()
            .spans
    };
    for store in [&first.core.store, &second.store] {
        assert_eq!((spans(store, &a), spans(store, &b)), (1, 2));
    }
    let refused = second.store.remove(&a).unwrap_err().to_string();
    assert!(refused.contains("running"), "{refused}");
    drop(first.core);
    second.store.remove(&a).unwrap();
    assert_eq!(second.store.runs().len(), 1);
}

#[test]
fn a_list_of_the_runs_leaves_none_but_the_current_one_open() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        open(&folder, 32 << 20);
    }
    let store = open(&folder, 32 << 20);
    assert_eq!(store.runs().len(), 4);
    // SQLite removes the files beside a database when its last connection is closed.
    let current = store.current();
    let beside: Vec<PathBuf> = files(&folder)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension != "db"))
        .filter(|file| !file.file_stem().unwrap().eq(current.as_str()))
        .collect();
    assert_eq!(beside, Vec::<PathBuf>::new());
}

#[test]
fn an_id_is_no_path() {
    let home = Home::new(32 << 20);
    for id in ["../../etc/passwd", "", "a", "1/2", "1.db"] {
        assert!(
            home.core
                .store
                .read(Some(id), |reader| reader.state())
                .is_err(),
            "{id}"
        );
        assert!(home.core.store.remove(id).is_err(), "{id}");
    }
}

#[test]
fn a_finished_run_can_be_read_and_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 32 << 20);
    store.push(batch(vec![span(1, 1, 0, 1, 2)])).unwrap();
    let id = store.current();
    drop(store);
    let names: Vec<String> = files(&folder)
        .iter()
        .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, [format!("{id}.db")]);
    let follower = Core::new(Store::follow(folder.path().to_owned(), 32 << 20).unwrap());
    let params = Params::default();
    assert_eq!(
        follower
            .ask(&params, |reader| traces(reader, &params))
            .unwrap()
            .items
            .len(),
        1
    );
}

#[test]
fn an_answer_in_pieces_stays_in_its_run_when_another_one_begins() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(&folder, 32 << 20);
    let follower = Core::new(Store::follow(folder.path().to_owned(), 32 << 20).unwrap());
    let params = follower.with_run(Params::default());
    let second = open(&folder, 32 << 20);
    assert_eq!(follower.store.current(), second.current());
    assert_eq!(params.text("run"), Some(first.current().as_str()));
}

#[test]
fn a_finished_run_that_is_only_read_is_not_running() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 32 << 20);
    let id = store.current();
    let reader = Store::follow(folder.path().to_owned(), 32 << 20).unwrap();
    let name = api::RunChange {
        pinned: None,
        name: Some("mine".to_owned()),
    };
    let is_running = || {
        let run = reader.run(&id).unwrap();
        let refused = reader.change(&id, &name).unwrap_err().to_string();
        assert!(refused.contains("not written by this program"), "{refused}");
        assert_eq!(run.current, run.ended_at.is_none());
        run.current
    };
    assert!(is_running());
    let refused = reader.remove(&id).unwrap_err().to_string();
    assert!(refused.contains("running"), "{refused}");
    drop(store);
    assert!(!is_running());
    reader.remove(&id).unwrap();
    assert_eq!(reader.runs(), []);
}
