//! The words of the language: which there are, which cannot be names, and which one a typing error meant.

/// Words that mean something somewhere and may still be used as names without quotes.
const NON_RESERVED: &[&str] = &[
    "ADD",
    "ALTER",
    "ANALYZE",
    "ARRAY",
    "ASSERT",
    "CHANGES",
    "COLUMN",
    "COLUMNS",
    "DATE",
    "DAY",
    "DEFINE",
    "EMIT",
    "ESCAPE",
    "EXPLAIN",
    "FINAL",
    "FUNCTION",
    "FUNCTIONS",
    "GRACE",
    "HEADER",
    "HEADERS",
    "HOUR",
    "ID",
    "IF",
    "INTEGER",
    "INTERVAL",
    "KEY",
    "MAP",
    "MINUTE",
    "MONTH",
    "NAMESPACE",
    "PARTITION",
    "PARTITIONS",
    "PAUSE",
    "PERIOD",
    "PLUGINS",
    "PRIMARY",
    "REPLACE",
    "RESET",
    "RESUME",
    "SCHEMA",
    "SECOND",
    "SESSION",
    "SET",
    "SHOW",
    "SINK",
    "SOURCE",
    "STRING",
    "STRUCT",
    "SUBJECT",
    "SYSTEM",
    "TABLES",
    "TIME",
    "TIMEOUT",
    "TIMESTAMP",
    "TYPE",
    "TYPES",
    "UNDEFINE",
    "VARIABLES",
    "YEAR",
    "ZONE",
];

/// Every word of the language, in alphabetical order.
pub const KEYWORDS: &[&str] = &[
    "ADD",
    "ADVANCE",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "ARRAY",
    "AS",
    "ASSERT",
    "AT",
    "BEGINNING",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CATALOG",
    "CHANGES",
    "COLUMN",
    "COLUMNS",
    "CONNECTOR",
    "CONNECTORS",
    "CREATE",
    "DATE",
    "DAY",
    "DAYS",
    "DECIMAL",
    "DEFINE",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "EMIT",
    "END",
    "ESCAPE",
    "EXISTS",
    "EXPLAIN",
    "EXPORT",
    "EXTENDED",
    "FALSE",
    "FINAL",
    "FROM",
    "FULL",
    "FUNCTION",
    "FUNCTIONS",
    "GRACE",
    "GROUP",
    "HAVING",
    "HEADER",
    "HEADERS",
    "HOPPING",
    "HOUR",
    "HOURS",
    "ID",
    "IF",
    "IN",
    "INNER",
    "INSERT",
    "INTEGER",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LIST",
    "LOAD",
    "MAP",
    "MATERIALIZED",
    "MILLISECOND",
    "MILLISECONDS",
    "MINUTE",
    "MINUTES",
    "MONTH",
    "MONTHS",
    "NAMESPACE",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "OUTER",
    "PARTITION",
    "PARTITIONS",
    "PAUSE",
    "PERIOD",
    "PLUGINS",
    "PRIMARY",
    "PRINT",
    "PROPERTIES",
    "QUERIES",
    "QUERY",
    "RENAME",
    "REPLACE",
    "RESET",
    "RESUME",
    "RETENTION",
    "RIGHT",
    "RUN",
    "SAMPLE",
    "SCHEMA",
    "SCRIPT",
    "SECOND",
    "SECONDS",
    "SELECT",
    "SESSION",
    "SET",
    "SHOW",
    "SINK",
    "SIZE",
    "SOURCE",
    "STREAM",
    "STREAMS",
    "STRING",
    "STRUCT",
    "SUBJECT",
    "SYSTEM",
    "TABLE",
    "TABLES",
    "TERMINATE",
    "THEN",
    "TIME",
    "TIMEOUT",
    "TIMESTAMP",
    "TO",
    "TOPIC",
    "TOPICS",
    "TRUE",
    "TUMBLING",
    "TYPE",
    "TYPES",
    "UNDEFINE",
    "UNSET",
    "VALUES",
    "VARIABLES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
    "YEAR",
    "YEARS",
    "ZONE",
];

/// Units of time that can be an argument, where they need no quotes although most are reserved.
const UNITS: &[&str] = &[
    "DAY",
    "DAYS",
    "HOUR",
    "HOURS",
    "MILLISECOND",
    "MILLISECONDS",
    "MINUTE",
    "MINUTES",
    "SECOND",
    "SECONDS",
];

/// Tests whether `word`, in any case, is a unit of time that can be an argument.
pub(crate) fn is_unit(word: &str) -> bool {
    contains(UNITS, word)
}

/// Tests whether `word`, in any case, is a word of the language.
pub fn is_keyword(word: &str) -> bool {
    contains(KEYWORDS, word)
}

/// Tests whether `word`, in any case, can be a name only in quotes.
pub fn is_reserved(word: &str) -> bool {
    is_keyword(word) && !contains(NON_RESERVED, word)
}

/// Returns the one of `candidates` that `word` is most likely a misspelling of.
///
/// One wrong letter is forgiven in short words, two in longer ones.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_uppercase();
    // An identifier of any length can stand here; no keyword is near a long one.
    if word.len() < 2 || word.len() > 24 {
        return None;
    }
    let allowed = if word.len() <= 4 { 1 } else { 2 };
    candidates
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(distance, _)| (1..=allowed).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn contains(sorted: &[&str], word: &str) -> bool {
    // The longest keyword has 12 letters; longer words are not worth a copy.
    word.len() <= 16 && sorted.binary_search(&word.to_ascii_uppercase().as_str()).is_ok()
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(KEYWORDS.is_sorted());
        assert!(NON_RESERVED.is_sorted());
        assert!(NON_RESERVED.iter().all(|word| is_keyword(word)));
    }

    #[test]
    fn a_misspelled_word_is_guessed() {
        assert_eq!(nearest("emti", KEYWORDS), Some("EMIT"));
        assert_eq!(nearest("CRAETE", KEYWORDS), Some("CREATE"));
        assert_eq!(nearest("SELECT", &["SELECT"]), None);
        assert_eq!(nearest("customers", KEYWORDS), None);
    }
}
