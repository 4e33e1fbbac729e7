//! Words for people: the nearest of several names, lists with "and".

/// Names longer than this have no nearest: comparing them takes time that grows with the square of their length.
const NAME_LENGTH_MAX: usize = 100;

/// Returns the name nearest to one that was not found, if any is near: at most a third of its letters differ.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if NAME_LENGTH_MAX < length {
        return None;
    }
    names
        .filter(|candidate| candidate.chars().count() <= NAME_LENGTH_MAX)
        .map(|candidate| (distance(&name.to_uppercase(), &candidate.to_uppercase()), candidate))
        .filter(|(distance, _)| *distance <= length.div_ceil(3) && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns how many letters must be added, removed, replaced or swapped with their neighbour to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

/// Joins items with commas, and the last with a word: `a, b and c`.
pub(crate) fn join_with(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        let names = || ["KAFKA_TOPIC", "VALUE_FORMAT", "TIMESTAMP"].into_iter();
        assert_eq!(nearest("KAFKA_TOPC", names()), Some("KAFKA_TOPIC"));
        assert_eq!(nearest("vlaue_format", names()), Some("VALUE_FORMAT"));
        assert_eq!(nearest("X", names()), None);
        assert_eq!(nearest("", names()), None);
    }

    #[test]
    fn joins_lists() {
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(join_with(&list(&["a"]), "and"), "a");
        assert_eq!(join_with(&list(&["a", "b", "c"]), "or"), "a, b or c");
        assert_eq!(join_with(&[], "or"), "");
    }
}
