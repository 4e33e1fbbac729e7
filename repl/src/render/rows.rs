//! The rows of a query, in columns that fit the terminal, or one value a line where they are too many.

use std::sync::Arc;

use tidemill::engine::Row;
use tidemill::types::{ColumnRole, Schema};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::args::OutputFormat;
use crate::render::json::row_as_json;
use crate::render::layout::{BETWEEN, fit_cells, fit_types};
use crate::render::value::{cell, visible};
use crate::settings::Settings;
use crate::style::{FAINT, STRONG, paint};

/// How many rows of a finite result decide how wide its columns are.
pub(crate) const SAMPLE_ROWS: usize = 1_000;

/// Writes rows one by one, all in the same columns.
pub(crate) struct RowPrinter {
    schema: Arc<Schema>,
    shape: Shape,
    colours: bool,
    row_count: u64,
}

/// How a row is laid out.
enum Shape {
    /// An object a line.
    Json,
    /// Side by side.
    Columns { widths: Vec<usize>, overflow: Overflow },
    /// One value a line.
    Lines,
}

/// What happens to a cell that is too long for its column.
#[derive(Clone, Copy)]
enum Overflow {
    /// It goes on below.
    Wrap,
    /// It ends with dots.
    Cut,
    /// It pushes what follows to the right: nobody looks at a pipe's columns.
    Push,
}

/// Where rows are written.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    /// How many columns a line may have; none if any.
    pub(crate) width: Option<usize>,
    /// Whether colours may be used.
    pub(crate) colours: bool,
}

impl RowPrinter {
    /// Prepares for rows that are still to come: the types say how wide the columns are.
    pub(crate) fn for_coming(schema: &Arc<Schema>, settings: &Settings, page: Page) -> Self {
        RowPrinter::new(schema, settings, page, fit_types(schema, page.width))
    }

    /// Prepares for rows that are there: the first of them say how wide the columns are.
    pub(crate) fn for_sample(
        schema: &Arc<Schema>,
        settings: &Settings,
        page: Page,
        sample: &[Row],
    ) -> Self {
        let cells: Vec<Vec<String>> = sample.iter().map(|row| cells(row, schema)).collect();
        RowPrinter::new(schema, settings, page, fit_cells(schema, &cells, page.width))
    }

    fn new(
        schema: &Arc<Schema>,
        settings: &Settings,
        page: Page,
        fitted: Option<Vec<usize>>,
    ) -> Self {
        let overflow = match (page.width, settings.wrap) {
            (None, _) => Overflow::Push,
            (Some(_), true) => Overflow::Wrap,
            (Some(_), false) => Overflow::Cut,
        };
        let shape = match (settings.format, settings.column_width, fitted) {
            (OutputFormat::Json, _, _) => Shape::Json,
            (OutputFormat::Tabular, Some(width), _) => {
                Shape::Columns { widths: vec![width; schema.columns().len()], overflow }
            }
            (OutputFormat::Tabular, None, Some(widths)) => Shape::Columns { widths, overflow },
            (OutputFormat::Tabular, None, None) => Shape::Lines,
        };
        RowPrinter { schema: Arc::clone(schema), shape, colours: page.colours, row_count: 0 }
    }

    /// Returns how many rows were written.
    pub(crate) fn row_count(&self) -> u64 {
        self.row_count
    }

    /// Writes the head, if this shape has one.
    pub(crate) fn head(&self) -> String {
        let Shape::Columns { widths, overflow } = &self.shape else { return String::new() };
        let names = self.schema.columns().iter().map(|column| visible(&column.name).into_owned());
        let names: Vec<String> = names.collect();
        let lines = side_by_side(&names, widths, &vec![false; names.len()], *overflow);
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        let lines: Vec<String> =
            lines.lines().map(|line| paint(STRONG, line, self.colours)).collect();
        let rule = rule.join("+");
        format!("{}\n{}\n", lines.join("\n"), paint(FAINT, &rule, self.colours))
    }

    /// Writes a row.
    pub(crate) fn row(&mut self, row: &Row) -> String {
        self.row_count += 1;
        match &self.shape {
            Shape::Json => row_as_json(row, &self.schema) + "\n",
            Shape::Columns { widths, overflow } => {
                let columns = self.schema.columns().iter();
                let to_the_right: Vec<bool> =
                    columns.map(|column| column.sql_type.is_numeric()).collect();
                side_by_side(&cells(row, &self.schema), widths, &to_the_right, *overflow)
            }
            Shape::Lines => self.value_a_line(row),
        }
    }

    fn value_a_line(&self, row: &Row) -> String {
        let columns = self.schema.columns();
        let widest = columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
        let rule = format!("-[ row {} ]{}", self.row_count, "-".repeat(20));
        let mut text = paint(FAINT, &rule, self.colours) + "\n";
        for (column, cell) in columns.iter().zip(cells(row, &self.schema)) {
            let name = pad(&visible(&column.name), widest, false);
            text.push_str(&format!(" {}{BETWEEN}{cell}\n", paint(STRONG, &name, self.colours)));
        }
        text
    }
}

/// Writes a row's values; what a tombstone says nothing of is `<TOMBSTONE>`.
fn cells(row: &Row, schema: &Schema) -> Vec<String> {
    let columns = schema.columns().iter();
    columns
        .zip(&row.values)
        .map(|(column, value)| {
            if row.is_tombstone && value.is_null() && column.role != ColumnRole::Key {
                "<TOMBSTONE>".to_owned()
            } else {
                cell(value, &column.sql_type)
            }
        })
        .collect()
}

fn side_by_side(
    cells: &[String],
    widths: &[usize],
    to_the_right: &[bool],
    overflow: Overflow,
) -> String {
    let pieces: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| match overflow {
            Overflow::Wrap => wrap(cell, *width),
            Overflow::Cut => vec![cut(cell, *width)],
            Overflow::Push => vec![cell.clone()],
        })
        .collect();
    let height = pieces.iter().map(Vec::len).max().unwrap_or(1);
    let mut text = String::new();
    for line in 0..height {
        let columns =
            pieces.iter().zip(widths).zip(to_the_right).map(|((pieces, width), right)| {
                let piece = pieces.get(line).map_or("", String::as_str);
                pad(piece, *width, *right)
            });
        let columns: Vec<String> = columns.collect();
        text.push_str(format!(" {}", columns.join(BETWEEN)).trim_end());
        text.push('\n');
    }
    text
}

fn pad(text: &str, width: usize, to_the_right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(text.width()));
    if to_the_right { blanks + text } else { text.to_owned() + &blanks }
}

/// Cuts a cell to a width, with dots at the end if it was longer.
fn cut(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let (head, _) = split_at_width(cell, width.saturating_sub(3));
    format!("{head}{}", &"..."[..width.min(3)])
}

/// Breaks a cell into lines of at most a width, after a space where that costs less than half a line.
fn wrap(cell: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = cell;
    while rest.width() > width {
        let (line, _) = split_at_width(rest, width);
        let end = match line.rfind(' ') {
            _ if rest[line.len()..].starts_with(' ') => line.len() + 1,
            Some(space) if width < 2 * line[..space].width() => space + 1,
            _ => line.len(),
        };
        lines.push(rest[..end].trim_end().to_owned());
        rest = &rest[end..];
    }
    lines.push(rest.to_owned());
    lines
}

/// Splits text so that its head takes at most a width, and at least one character.
fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (start, char) in text.char_indices() {
        used += char.width().unwrap_or(0);
        if width < used && start > 0 {
            return text.split_at(start);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use tidemill::types::{Column, SqlType, Value};

    use super::*;

    fn schema() -> Arc<Schema> {
        Arc::new(Schema::new([
            Column::key("ITEM", SqlType::Varchar),
            Column::value("PRICE", SqlType::Bigint),
            Column::value("NOTE", SqlType::Varchar),
        ]))
    }

    fn row(item: &str, price: i64, note: &str) -> Row {
        let values = vec![Value::from(item), Value::Bigint(price), Value::from(note)];
        Row { values, is_tombstone: false }
    }

    fn gone(item: &str) -> Row {
        Row { values: vec![Value::from(item), Value::Null, Value::Null], is_tombstone: true }
    }

    fn page(width: Option<usize>) -> Page {
        Page { width, colours: false }
    }

    #[track_caller]
    fn check(mut printer: RowPrinter, rows: &[Row], want: Expect) {
        let mut text = printer.head();
        rows.iter().for_each(|row| text.push_str(&printer.row(row)));
        want.assert_eq(&text);
    }

    #[test]
    fn coming_rows_have_columns_by_type() {
        let printer = RowPrinter::for_coming(&schema(), &Settings::default(), page(Some(50)));
        check(
            printer,
            &[row("pen", 10, "料理 a note that is too long for its column"), gone("pen")],
            expect![[r#"
                 ITEM            | PRICE         | NOTE
                -----------------+---------------+----------------
                 pen             |            10 | 料理 a note
                                 |               | that is too
                                 |               | long for its
                                 |               | column
                 pen             |   <TOMBSTONE> | <TOMBSTONE>
            "#]],
        );
    }

    #[test]
    fn long_cells_can_be_cut() {
        let settings = Settings { wrap: false, ..Settings::default() };
        let printer = RowPrinter::for_coming(&schema(), &settings, page(Some(50)));
        check(
            printer,
            &[row("pen", 10, "a note that is too long for its column")],
            expect![[r#"
                 ITEM            | PRICE         | NOTE
                -----------------+---------------+----------------
                 pen             |            10 | a note that...
            "#]],
        );
    }

    #[test]
    fn rows_that_are_there_are_as_wide_as_they_are() {
        let rows = [row("pen", 10, "red"), row("ink", 2_000_000, "")];
        for width in [Some(80), None] {
            let printer =
                RowPrinter::for_sample(&schema(), &Settings::default(), page(width), &rows);
            check(
                printer,
                &rows,
                expect![[r"
                     ITEM | PRICE   | NOTE
                    ------+---------+------
                     pen  |      10 | red
                     ink  | 2000000 |
                "]],
            );
        }
    }

    #[test]
    fn too_many_columns_stand_below_each_other() {
        let printer = RowPrinter::for_coming(&schema(), &Settings::default(), page(Some(20)));
        check(
            printer,
            &[row("pen", 10, "red"), row("ink", 2, "blue")],
            expect![[r"
                -[ row 1 ]--------------------
                 ITEM  | pen
                 PRICE | 10
                 NOTE  | red
                -[ row 2 ]--------------------
                 ITEM  | ink
                 PRICE | 2
                 NOTE  | blue
            "]],
        );
    }

    #[test]
    fn the_user_can_fix_the_width() {
        let settings = Settings { column_width: Some(4), ..Settings::default() };
        let printer = RowPrinter::for_coming(&schema(), &settings, page(Some(80)));
        check(
            printer,
            &[row("pencil", 1, "red")],
            expect![[r#"
                 ITEM | PRIC | NOTE
                      | E    |
                ------+------+------
                 penc |    1 | red
                 il   |      |
            "#]],
        );
    }

    #[test]
    fn json_has_no_head() {
        let settings = Settings { format: OutputFormat::Json, ..Settings::default() };
        let printer = RowPrinter::for_coming(&schema(), &settings, page(Some(80)));
        check(
            printer,
            &[row("pen", 10, "red")],
            expect![[r#"
                {"ITEM":"pen","PRICE":10,"NOTE":"red"}
            "#]],
        );
    }
}
