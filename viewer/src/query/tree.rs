//! The spans of a trace as a tree.

use std::collections::HashMap;

/// One span, as far as its place matters. Times are nanoseconds after the start of the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: i64,
    /// Zero for a root.
    pub(super) parent: i64,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// A tree over places, by their index.
#[derive(Debug)]
pub(super) struct Tree {
    /// Each after its parent, siblings by start.
    pub(super) order: Vec<usize>,
    pub(super) depth: Vec<u32>,
    pub(super) parent: Vec<Option<usize>>,
    /// By start.
    pub(super) children: Vec<Vec<usize>>,
    /// Spans without a parent, or whose parent is missing, by start.
    pub(super) roots: Vec<usize>,
}

impl Tree {
    pub(super) fn new(places: &[Place]) -> Self {
        let by_id: HashMap<i64, usize> = places
            .iter()
            .enumerate()
            .map(|(index, place)| (place.id, index))
            .collect();
        let mut parent: Vec<Option<usize>> = places
            .iter()
            .enumerate()
            .map(|(index, place)| {
                by_id
                    .get(&place.parent)
                    .copied()
                    .filter(|parent| *parent != index)
            })
            .collect();
        cut_cycles(&mut parent);
        let mut children = vec![Vec::new(); places.len()];
        let mut roots = Vec::new();
        for (index, parent) in parent.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(index),
                None => roots.push(index),
            }
        }
        let by_start = |index: &usize| (places[*index].start, *index);
        children
            .iter_mut()
            .for_each(|list: &mut Vec<usize>| list.sort_unstable_by_key(by_start));
        roots.sort_unstable_by_key(by_start);
        let mut order = Vec::with_capacity(places.len());
        let mut depth = vec![0; places.len()];
        let mut stack: Vec<usize> = roots.iter().rev().copied().collect();
        while let Some(index) = stack.pop() {
            order.push(index);
            depth[index] = parent[index].map_or(0, |parent| depth[parent] + 1);
            stack.extend(children[index].iter().rev());
        }
        Self {
            order,
            depth,
            parent,
            children,
            roots,
        }
    }

    /// Nanoseconds of a span in which none of its children ran.
    pub(super) fn self_time(&self, places: &[Place], index: usize) -> u64 {
        let own = &places[index];
        let mut covered = 0;
        let mut until = own.start;
        for child in &self.children[index] {
            let child = &places[*child];
            let (start, end) = (child.start.max(until), child.end.min(own.end));
            if end > start {
                covered += end - start;
                until = end;
            }
        }
        (own.end - own.start).saturating_sub(covered)
    }
}

/// A sender can claim that two spans are the parents of each other. The first of such a ring becomes a root.
fn cut_cycles(parent: &mut [Option<usize>]) {
    /// Not looked at, on the way from the current one, known to lead to a root.
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnTheWay,
        Good,
    }
    let mut marks = vec![Mark::New; parent.len()];
    for start in 0..parent.len() {
        let mut way = Vec::new();
        let mut at = Some(start);
        while let Some(index) = at {
            match marks[index] {
                Mark::Good => break,
                Mark::OnTheWay => {
                    parent[index] = None;
                    break;
                }
                Mark::New => {
                    marks[index] = Mark::OnTheWay;
                    way.push(index);
                    at = parent[index];
                }
            }
        }
        for index in way {
            marks[index] = Mark::Good;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::query) fn place(id: i64, parent: i64, start: u64, end: u64) -> Place {
        Place {
            id,
            parent,
            start,
            end,
        }
    }

    #[test]
    fn children_follow_their_parent_by_start() {
        let places = [
            place(3, 1, 6, 9),
            place(1, 0, 0, 10),
            place(2, 1, 1, 5),
            place(4, 2, 2, 3),
            place(5, 99, 4, 5),
        ];
        let tree = Tree::new(&places);
        let ids: Vec<i64> = tree.order.iter().map(|index| places[*index].id).collect();
        assert_eq!(ids, [1, 2, 4, 3, 5]);
        assert_eq!(tree.depth, [1, 0, 1, 2, 0]);
        assert_eq!(tree.self_time(&places, 1), 3);
    }

    proptest! {
        #[test]
        fn every_span_has_one_place_whatever_the_parents_are(parents in prop::collection::vec(0i64..20, 1..20)) {
            let places: Vec<Place> = parents
                .iter()
                .enumerate()
                .map(|(index, parent)| place(index as i64 + 1, *parent, index as u64, 40))
                .collect();
            let mut order = Tree::new(&places).order;
            order.sort_unstable();
            prop_assert_eq!(order, (0..places.len()).collect::<Vec<_>>());
        }
    }
}
