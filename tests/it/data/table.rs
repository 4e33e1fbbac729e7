//! Tables of text: those of files with columns, and whether two are the same.

/// Rows of cells.
pub(super) type Rows = Vec<Vec<String>>;

/// Reads rows with a comma between columns; those in quotes may hold commas, quotes and line breaks. The first is left out.
pub(super) fn read(text: &str) -> Rows {
    let mut rows = vec![vec![String::new()]];
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        let row = rows.last_mut().unwrap();
        let cell = row.last_mut().unwrap();
        match char {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => rows.push(vec![String::new()]),
            char => cell.push(char),
        }
    }
    rows.retain(|row| row.len() != 1 || !row[0].is_empty());
    rows.remove(0);
    rows
}

/// Fails if the rows are not the same but for their order. Numbers may differ by a billionth.
#[track_caller]
pub(super) fn assert_same(name: &str, mut actual: Rows, mut expected: Rows) {
    assert_eq!(actual.len(), expected.len(), "{name}: how many rows there are");
    actual.sort_by_cached_key(|row| sort_key(row));
    expected.sort_by_cached_key(|row| sort_key(row));
    for (actual, expected) in actual.iter().zip(&expected) {
        let is_same = actual.len() == expected.len()
            && actual.iter().zip(expected).all(|(actual, expected)| is_same_cell(actual, expected));
        assert!(is_same, "{name}: found {actual:?}, expected {expected:?}");
    }
}

fn is_same_cell(actual: &str, expected: &str) -> bool {
    match (number(actual), number(expected)) {
        (Some(actual), Some(expected)) => {
            (actual - expected).abs() <= 1e-9 * expected.abs().max(1.0)
        }
        _ => actual == expected,
    }
}

fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Orders rows by their cells; numbers are rounded, so that those that may differ do not change the order.
fn sort_key(row: &[String]) -> Vec<String> {
    let cell = |cell: &String| number(cell).map_or(cell.clone(), |number| format!("{number:.4}"));
    row.iter().map(cell).collect()
}

#[test]
fn reads_quoted_columns() {
    assert_eq!(read("a,b\n\"x, \"\"y\"\"\nz\",\r\n,1\n"), [vec!["x, \"y\"\nz", ""], vec!["", "1"]]);
}

#[test]
#[should_panic(expected = "found")]
fn sees_a_cell_that_differs() {
    assert_same("t", vec![vec!["1.00000001".to_owned()]], vec![vec!["1".to_owned()]]);
}
