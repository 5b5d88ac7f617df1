//! The critical path: which span the trace waited for, at every instant from its end back to its start.

use super::tree::{Place, Tree};

/// A part of the path: the index of a span, from, to.
pub(super) type Segment = (usize, u64, u64);

/// A span that is being walked back, with the end of what is left of it.
struct Step {
    index: usize,
    /// Not before the spans that wait for it.
    from: u64,
    /// Not after the spans that wait for it.
    end: u64,
    until: u64,
    /// Its children by end, the last first, and how many of them were looked at.
    children: Vec<usize>,
    looked_at: usize,
}

/// The segments by time.
///
/// A span waits for the child that ends last before a given instant. A child that outlives its parent is looked at as if it
/// ended with it.
pub(super) fn critical_path(places: &[Place], tree: &Tree) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut roots = tree.roots.clone();
    roots.sort_by_key(|index| std::cmp::Reverse(places[*index].end));
    let mut until = u64::MAX;
    for root in roots {
        // What a root did before those that ended after it began: work that somebody waited for elsewhere.
        let end = places[root].end.min(until);
        if places[root].start < end {
            walk(places, tree, root, end, &mut segments);
            until = places[root].start;
        }
    }
    segments.reverse();
    segments.retain(|(_, from, to)| to > from);
    segments
}

fn walk(places: &[Place], tree: &Tree, root: usize, end: u64, segments: &mut Vec<Segment>) {
    let step = |index: usize, from: u64, end: u64| {
        let mut children = tree.children[index].clone();
        children.sort_by_key(|child| std::cmp::Reverse((places[*child].end, places[*child].start)));
        Step {
            index,
            from: from.max(places[index].start),
            end,
            until: end,
            children,
            looked_at: 0,
        }
    };
    let mut stack = vec![step(root, 0, end)];
    while let Some(top) = stack.last_mut() {
        let next = top.children[top.looked_at..]
            .iter()
            .enumerate()
            .find_map(|(skipped, child)| {
                let place = &places[*child];
                let end = place.end.min(top.end);
                (end <= top.until && place.start.max(top.from) < end)
                    .then_some((skipped, *child, end))
            });
        match next {
            Some((skipped, child, end)) => {
                top.looked_at += skipped + 1;
                segments.push((top.index, end, top.until));
                top.until = places[child].start.max(top.from);
                let from = top.from;
                stack.push(step(child, from, end));
            }
            None => {
                segments.push((top.index, top.from.min(top.until), top.until));
                stack.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree::tests::place, *};

    fn path(places: &[Place]) -> Vec<(i64, u64, u64)> {
        let segments = critical_path(places, &Tree::new(places));
        segments
            .into_iter()
            .map(|(index, from, to)| (places[index].id, from, to))
            .collect()
    }

    #[test]
    fn it_goes_through_the_child_that_ends_last() {
        let places = [
            place(1, 0, 0, 10),
            place(2, 1, 1, 4),
            place(3, 1, 2, 8),
            place(4, 3, 3, 5),
        ];
        assert_eq!(
            path(&places),
            [(1, 0, 2), (3, 2, 3), (4, 3, 5), (3, 5, 8), (1, 8, 10)]
        );
    }

    #[test]
    fn children_one_after_the_other_are_all_on_it() {
        let places = [place(1, 0, 0, 10), place(2, 1, 1, 4), place(3, 1, 5, 9)];
        assert_eq!(
            path(&places),
            [(1, 0, 1), (2, 1, 4), (1, 4, 5), (3, 5, 9), (1, 9, 10)]
        );
    }

    #[test]
    fn a_child_that_outlives_its_parent_ends_with_it() {
        let places = [place(1, 0, 0, 10), place(2, 1, 6, 30)];
        assert_eq!(path(&places), [(1, 0, 6), (2, 6, 10)]);
    }

    #[test]
    fn what_is_below_a_child_that_outlives_its_parent_ends_with_it_too() {
        let places = [place(1, 0, 0, 10), place(2, 1, 6, 30), place(3, 2, 7, 29)];
        assert_eq!(path(&places), [(1, 0, 6), (2, 6, 7), (3, 7, 10)]);
    }

    #[test]
    fn a_root_that_overlaps_a_later_one_is_on_it_until_that_begins() {
        let places = [
            place(1, 0, 0, 100),
            place(2, 1, 10, 40),
            place(3, 99, 50, 101),
        ];
        assert_eq!(
            path(&places),
            [(1, 0, 10), (2, 10, 40), (1, 40, 50), (3, 50, 101)]
        );
    }

    #[test]
    fn it_never_overlaps() {
        let places: Vec<Place> = (0..200u64)
            .map(|n| {
                place(
                    n as i64 + 1,
                    (n / 3) as i64,
                    n * 7 % 90,
                    n * 7 % 90 + n * 13 % 50 + 1,
                )
            })
            .collect();
        let segments = path(&places);
        assert!(
            segments.windows(2).all(|pair| pair[0].2 <= pair[1].1),
            "{segments:?}"
        );
    }
}
