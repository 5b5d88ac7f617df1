//! Lists of traces over many blocks.

use rusqlite::Connection;

use super::*;
use crate::query;

const TRACES: u64 = 1000;

/// Starts and durations of traces whose numbers, starts and durations have three different orders.
fn times(number: u64) -> (u64, u64) {
    (1000 + number * 7919 % TRACES, 1 + number * 6007 % 97)
}

fn many() -> Home {
    let home = Home::new(64 << 20);
    let spans = (0..TRACES).map(|number| {
        let (start, duration) = times(number);
        Span {
            attributes: vec![text("n", &number.to_string())],
            ..span(
                u128::from(number) + 1,
                number + 1,
                0,
                start,
                start + duration,
            )
        }
    });
    home.spans(spans.collect());
    home
}

fn numbers(home: &Home, query: &str) -> Vec<u64> {
    let found = home.ask(query, query::traces).items.into_iter();
    found
        .map(|trace| u64::from_str_radix(&trace.trace_id, 16).unwrap() - 1)
        .collect()
}

#[test]
fn the_pages_of_each_order_are_those_of_a_sort() {
    let home = many();
    let long = |number: &u64| times(*number).1 >= 50;
    let mut newest: Vec<u64> = (0..TRACES).filter(long).collect();
    newest.sort_by_key(|number| std::cmp::Reverse(times(*number).0));
    let mut slowest: Vec<u64> = (0..TRACES).filter(long).collect();
    slowest.sort_by_key(|number| std::cmp::Reverse((times(*number).1, *number)));
    for (sort, expected) in [("newest", newest), ("slowest", slowest)] {
        for (page, expected) in expected.chunks(60).enumerate() {
            let offset = page * 60;
            let query = format!("sort={sort}&minDuration=50ms&limit=60&offset={offset}");
            assert_eq!(numbers(&home, &query), expected, "{query}");
        }
    }
}

#[test]
fn a_block_that_cannot_have_a_trace_of_the_page_is_not_read() {
    // The first trace takes the longest.
    let spans = (0..TRACES).map(|number| {
        let start = 1000 + number;
        span(
            u128::from(number) + 1,
            number + 1,
            0,
            start,
            start + TRACES - number,
        )
    });
    for (query, block, expected) in [
        ("limit=3", 7, vec![999, 998, 997]),
        ("sort=slowest&limit=3", 0, vec![0, 1, 2]),
        ("minDuration=999ms", 0, vec![1, 0]),
        ("start=1997", 7, vec![999, 998, 997]),
        ("end=1002", 0, vec![1, 0]),
    ] {
        let home = Home::new(64 << 20);
        home.spans(spans.clone().collect());
        home.core.store.flush();
        let run = home.core.store.current();
        let file = Connection::open(home.folder.path().join(format!("{run}.db"))).unwrap();
        // Whoever reads another block finds the same traces in it, with other numbers.
        let others =
            "UPDATE blocks SET entries = (SELECT entries FROM blocks WHERE id = ?1) WHERE id <> ?1";
        assert_eq!(file.execute(others, [block]).unwrap(), 7);
        assert_eq!(numbers(&home, query), expected, "{query}");
    }
}
