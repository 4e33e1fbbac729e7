//! Lists as tables, in the look of ksqlDB's shell.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};
use unicode_width::UnicodeWidthStr;

/// Bars between columns and a rule under the head; nothing around.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction('|'))
    .header_separator(LineStyle::none().fill('-').junction('+'))
    .content_lines(ContentLineStyle::none().junction('|'));

/// Draws rows under heads; cells are wrapped so that lines fit the width. Columns of numbers stand to the right.
pub(crate) fn table(heads: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(heads.to_vec());
    table.add_rows(rows.to_vec());
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
            keep_names_whole(&mut table, heads, rows, width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if !rows.is_empty() && rows.iter().all(|row| is_number(&row[index])) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Lets the widest column alone be broken, if enough is left for it: it holds text, the others names.
fn keep_names_whole(table: &mut Table, heads: &[&str], rows: &[Vec<String>], width: usize) {
    const WIDTH_MIN: usize = 16;
    let natural = |index: usize| {
        let cells = rows.iter().map(|row| row[index].as_str()).chain([heads[index]]);
        cells.map(UnicodeWidthStr::width).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(natural).collect();
    let Some(widest) = (0..widths.len()).max_by_key(|index| widths[*index]) else { return };
    // A blank on both sides of each column, and a bar between two.
    let between = 3 * widths.len() - 1;
    let others: usize = widths.iter().sum::<usize>() - widths[widest];
    if width < between + others + WIDTH_MIN {
        return;
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index != widest {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn is_number(cell: &str) -> bool {
    let digits = |char: char| char.is_ascii_digit() || matches!(char, ',' | '.' | '-');
    cell.chars().any(|char| char.is_ascii_digit()) && cell.chars().all(digits)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |name: &str, count: &str| vec![name.to_owned(), count.to_owned()];
        vec![row("pageviews", "7"), row("a rather long name of a topic", "1200")]
    }

    #[test]
    fn a_pipe_has_any_width() {
        expect![[r"
             Topic                         | Records
            -------------------------------+---------
             pageviews                     |       7
             a rather long name of a topic |    1200"]]
        .assert_eq(&table(&["Topic", "Records"], &rows(), None));
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        expect![[r"
             Topic            | Records
            ------------------+---------
             pageviews        |       7
             a rather long    |    1200
             name of a topic  |"]]
        .assert_eq(&table(&["Topic", "Records"], &rows(), Some(28)));
    }

    #[test]
    fn names_stay_whole_beside_a_text() {
        let row = |name: &str, text: &str| vec![name.to_owned(), text.to_owned()];
        let rows = [row("auto.offset.reset", "Where a new query begins to read."), row("a", "b")];
        expect![[r#"
             Name              | Text
            -------------------+-------------------
             auto.offset.reset | Where a new query
                               | begins to read.
             a                 | b"#]]
        .assert_eq(&table(&["Name", "Text"], &rows, Some(42)));
    }

    #[test]
    fn an_empty_list_has_a_head() {
        expect![[r"
             Topic
            -------"]]
        .assert_eq(&table(&["Topic"], &[], Some(80)));
    }
}
