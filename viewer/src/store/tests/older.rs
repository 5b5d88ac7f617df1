//! A file that an older version wrote.

use rusqlite::Connection;

use super::{super::folder::Folder, *};
use crate::query;

/// The tables and the rows of a run as the first version made them.
const TABLES: &str = include_str!("../schema/v1.sql");
const ROWS: &str = include_str!("version_1.sql");

const RUN: &str = "1-1-1";

fn older() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = Connection::open(folder.path().join(format!("{RUN}.db"))).unwrap();
    file.execute_batch(TABLES).unwrap();
    file.execute_batch(ROWS).unwrap();
    folder
}

#[test]
fn a_file_of_the_first_version_is_brought_to_this_one_with_its_content() {
    let folder = older();
    let home = Home {
        core: Core::new(open(&folder, 32 << 20)),
        folder,
    };
    assert_eq!(home.core.store.messages(), Vec::<String>::new());
    let run = home.core.store.run(RUN).unwrap();
    assert_eq!((run.name.as_str(), run.spans), ("app", 3));
    for (filter, expected) in [
        ("", vec![2, 1]),
        ("sort=slowest", vec![2, 1]),
        ("error=true", vec![2]),
        ("command=load", vec![2, 1]),
        ("search=click", vec![1]),
        ("minDuration=101ms", vec![2]),
        ("attribute=colour%3Dblue", vec![1]),
        ("attribute=service.name%3Dapp", vec![2, 1]),
        ("start=2000&end=3000", vec![1]),
    ] {
        let found = home.ask(&format!("run={RUN}&{filter}"), query::traces);
        let ids: Vec<u128> = found
            .items
            .iter()
            .map(|trace| u128::from_str_radix(&trace.trace_id, 16).unwrap())
            .collect();
        assert_eq!(ids, expected, "{filter}");
    }
    let buckets = home
        .ask(&format!("run={RUN}&buckets=2"), query::histogram)
        .buckets;
    let counts: Vec<(u64, u64)> = buckets
        .iter()
        .map(|bucket| (bucket.count, bucket.errors))
        .collect();
    assert_eq!(counts, [(1, 0), (1, 1)]);
    let of_run = format!("run={RUN}");
    let trace = home.ask(&of_run, |reader, _| {
        query::trace(reader, 1_u128.to_be_bytes())
    });
    assert_eq!((trace.spans.len(), trace.logs.len()), (2, 1));
    let commands = home.ask(&of_run, query::commands).items;
    assert_eq!((commands[0].calls, commands[0].errors), (2, 1));
    let errors = home.ask(&of_run, query::errors).items;
    assert_eq!((errors[0].place.as_str(), errors[0].count), ("load", 1));
    let logs = home.ask(&format!("{of_run}&search=twelve"), query::logs);
    assert_eq!(logs.items.len(), 1);
    let metrics = home.ask(&of_run, query::catalogue);
    assert_eq!((metrics[0].name.as_str(), metrics[0].points), ("rows", 1));
    assert_eq!(home.exported_spans_of(&of_run).len(), 3);
}

#[test]
fn a_file_that_an_older_program_still_writes_is_left_as_it_is() {
    let folder = older();
    let of_other = Folder::create(folder.path()).unwrap();
    let lock = of_other.create_run(RUN).unwrap();
    let store = open(&folder, 32 << 20);
    let refused = store.run(RUN).unwrap_err().to_string();
    assert!(
        refused.contains("an older tracepane is writing"),
        "{refused}"
    );
    drop(lock);
    assert_eq!(store.run(RUN).unwrap().spans, 3);
}
