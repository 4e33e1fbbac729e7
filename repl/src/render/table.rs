//! Lists as tables, in the look of ksqlDB's shell.

use comfy_table::{
    CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle,
};

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
    fn an_empty_list_has_a_head() {
        expect![[r"
             Topic
            -------"]]
        .assert_eq(&table(&["Topic"], &[], Some(80)));
    }
}
