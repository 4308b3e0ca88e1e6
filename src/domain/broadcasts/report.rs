//! What became of a broadcast, in figures that give no single person away.

/// Groups with fewer people are not shown by themselves.
pub const SMALLEST: u64 = 5;

/// People by what they have in common, the largest group first, and those of groups that are too small in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouped<T> {
    /// Groups that are large enough.
    pub shown: Vec<(T, u64)>,
    /// All the others, with how many they are.
    pub rest: Vec<(T, u64)>,
}

impl<T> Grouped<T> {
    /// How many are in no group that is shown.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.rest.iter().map(|(_, count)| count).sum()
    }
}

/// Groups that are empty are left out. Where those that are too small are too few together as well, the smallest group that would be
/// shown joins them: otherwise the sum would tell who they are.
#[must_use]
pub fn grouped<T>(groups: impl IntoIterator<Item = (T, u64)>) -> Grouped<T> {
    let mut shown: Vec<(T, u64)> = groups.into_iter().filter(|(_, count)| *count > 0).collect();
    shown.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let large = shown.iter().take_while(|(_, count)| *count >= SMALLEST).count();
    let rest = shown.split_off(large);
    let mut grouped = Grouped { shown, rest };
    if (1..SMALLEST).contains(&grouped.others()) {
        grouped.rest.extend(grouped.shown.pop());
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_groups_are_one_and_cannot_be_worked_out() {
        let names = |grouped: Grouped<&'static str>| {
            (grouped.shown.iter().map(|(name, _)| *name).collect::<Vec<_>>(), grouped.others())
        };
        for (groups, shown, others) in [
            (vec![("a", 9), ("b", 5)], vec!["a", "b"], 0),
            (vec![("b", 5), ("a", 9), ("c", 3), ("d", 2)], vec!["a", "b"], 5),
            (vec![("a", 9), ("b", 5), ("c", 4)], vec!["a"], 9),
            (vec![("a", 4)], vec![], 4),
            (vec![("a", 0)], vec![], 0),
            (vec![], vec![], 0),
        ] {
            assert_eq!(names(grouped(groups.clone())), (shown, others), "{groups:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_nobody_stands_alone(counts in prop::collection::vec(0_u64..20, 0..12)) {
            let grouped = grouped(counts.iter().copied().enumerate());
            let shown: u64 = grouped.shown.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(shown + grouped.others(), counts.iter().sum::<u64>());
            prop_assert!(grouped.shown.iter().all(|(_, count)| *count >= SMALLEST));
            let alone = (1..SMALLEST).contains(&grouped.others());
            prop_assert!(!alone || grouped.shown.is_empty());
        }
    }
}
