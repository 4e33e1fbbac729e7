//! How wide each column of a result is.

use tidemill::types::{Column, Schema, SqlType};
use unicode_width::UnicodeWidthStr;

/// What stands between two columns.
pub(crate) const BETWEEN: &str = " | ";
/// A text column that would be narrower than this is not worth reading.
const TEXT_WIDTH_MIN: usize = 8;
/// How wide a sample may make a column; what is longer is wrapped.
const SAMPLE_WIDTH_MAX: usize = 200;

/// How wide a column would like to be, and must at least be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Want {
    natural: usize,
    least: usize,
    /// Whether it takes what the others leave.
    grows: bool,
}

/// Fits the columns of rows that are still to come; none if they are too many for the width.
pub(crate) fn fit_types(schema: &Schema, width: Option<usize>) -> Option<Vec<usize>> {
    let wants: Vec<Want> = schema.columns().iter().map(want_of_type).collect();
    fit(&wants, width)
}

/// Fits the columns to rows that are there; none if they are too many for the width.
pub(crate) fn fit_cells(
    schema: &Schema,
    rows: &[Vec<String>],
    width: Option<usize>,
) -> Option<Vec<usize>> {
    let wants: Vec<Want> = schema
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let longest = rows.iter().map(|row| row[index].width()).max().unwrap_or(0);
            let cells = longest.min(SAMPLE_WIDTH_MAX);
            let least = if is_text(&column.sql_type) { cells.min(TEXT_WIDTH_MIN) } else { cells };
            Want {
                natural: cells.max(column.name.width()).max(1),
                least: least.max(column.name.width().min(TEXT_WIDTH_MIN)).max(1),
                grows: false,
            }
        })
        .collect();
    fit(&wants, width)
}

fn want_of_type(column: &Column) -> Want {
    let (natural, least) = match &column.sql_type {
        SqlType::Boolean => (5, 5),
        SqlType::Int => (8, 6),
        SqlType::Bigint => (13, 8),
        SqlType::Double => (12, 8),
        SqlType::Decimal { precision, .. } => {
            let width = usize::from(*precision) + 2;
            (width.min(16), width.min(8))
        }
        SqlType::Date => (10, 10),
        SqlType::Time => (12, 12),
        SqlType::Timestamp => (23, 12),
        SqlType::Varchar | SqlType::Bytes => (16, TEXT_WIDTH_MIN),
        SqlType::Array(_) | SqlType::Map(_, _) | SqlType::Struct(_) => (24, TEXT_WIDTH_MIN),
    };
    let natural = natural.max(column.name.width());
    Want { natural, least, grows: is_text(&column.sql_type) }
}

/// Tells whether values of the type may be broken over lines.
fn is_text(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Varchar
        | SqlType::Bytes
        | SqlType::Array(_)
        | SqlType::Map(_, _)
        | SqlType::Struct(_) => true,
        SqlType::Boolean
        | SqlType::Int
        | SqlType::Bigint
        | SqlType::Double
        | SqlType::Decimal { .. }
        | SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp => false,
    }
}

fn fit(wants: &[Want], width: Option<usize>) -> Option<Vec<usize>> {
    let naturals = || wants.iter().map(|want| want.natural).collect::<Vec<_>>();
    let Some(width) = width else { return Some(naturals()) };
    // One blank before the first column, and one after the last: the rule under the head has it.
    let between = BETWEEN.len() * wants.len().saturating_sub(1) + 2;
    let free = width.checked_sub(between)?;
    if free < wants.iter().map(|want| want.least).sum() {
        return None;
    }
    let used: usize = wants.iter().map(|want| want.natural).sum();
    Some(if free < used { shrink(wants, free) } else { grow(wants, free - used) })
}

/// Cuts the widest columns to one same width, the largest with which all fit.
fn shrink(wants: &[Want], free: usize) -> Vec<usize> {
    let widths = |cap: usize| wants.iter().map(move |want| want.natural.min(cap).max(want.least));
    let mut cap = free;
    while cap > 0 && free < widths(cap).sum() {
        cap -= 1;
    }
    let mut widths: Vec<usize> = widths(cap).collect();
    let mut left = free - widths.iter().sum::<usize>();
    for (width, want) in widths.iter_mut().zip(wants) {
        if left > 0 && *width < want.natural {
            *width += 1;
            left -= 1;
        }
    }
    widths
}

/// Gives what is left to the columns that grow, evenly.
fn grow(wants: &[Want], left: usize) -> Vec<usize> {
    let growing = wants.iter().filter(|want| want.grows).count().max(1);
    wants.iter().map(|want| want.natural + if want.grows { left / growing } else { 0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(types: &[SqlType]) -> Schema {
        Schema::new(
            types
                .iter()
                .enumerate()
                .map(|(i, sql_type)| Column::value(format!("C{i}"), sql_type.clone())),
        )
    }

    #[track_caller]
    fn check(types: &[SqlType], width: Option<usize>, want: Option<&[usize]>) {
        assert_eq!(fit_types(&schema(types), width).as_deref(), want);
    }

    #[test]
    fn text_takes_what_numbers_leave() {
        check(&[SqlType::Bigint, SqlType::Varchar], Some(81), Some(&[13, 63]));
        check(
            &[SqlType::Varchar, SqlType::Boolean, SqlType::Varchar],
            Some(61),
            Some(&[24, 5, 24]),
        );
        check(&[SqlType::Bigint, SqlType::Varchar], None, Some(&[13, 16]));
    }

    #[test]
    fn the_widest_shrink_first() {
        check(&[SqlType::Bigint, SqlType::Varchar], Some(29), Some(&[12, 12]));
        check(&[SqlType::Timestamp, SqlType::Boolean], Some(25), Some(&[15, 5]));
    }

    #[test]
    fn too_many_columns_do_not_fit() {
        check(&vec![SqlType::Varchar; 10], Some(80), None);
        check(&[SqlType::Varchar], Some(5), None);
    }

    #[test]
    fn rows_that_are_there_say_how_wide() {
        let schema = schema(&[SqlType::Int, SqlType::Varchar]);
        let rows = [vec!["12345".to_owned(), "x".repeat(30)]];
        assert_eq!(fit_cells(&schema, &rows, Some(80)), Some(vec![5, 30]));
        assert_eq!(fit_cells(&schema, &rows, Some(30)), Some(vec![5, 20]));
        assert_eq!(fit_cells(&schema, &[], Some(80)), Some(vec![2, 2]));
    }
}
