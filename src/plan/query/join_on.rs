//! The condition of a join: one expression for each side.

use tidemill_grammar::ast::{self, ComparisonOp, Expr, ExprKind, JoinKind, Within};

use crate::catalog::KeyWindow;
use crate::error::Error;
use crate::expr::Clause;
use crate::plan::query::bind::{Allowed, Bound, check_columns};
use crate::plan::query::sources::{BoundSource, Sources};
use crate::plan::query::text::{Names, text};
use crate::plan::query::tree::for_each_column;

/// A join, its condition taken apart: `right` is the source that it adds.
#[derive(Clone, Debug)]
pub(super) struct JoinOn<'a> {
    /// Which rows without a match come out.
    pub(super) kind: JoinKind,
    /// The source on the left that the condition names.
    pub(super) left: &'a BoundSource,
    /// What is compared of it.
    pub(super) left_expr: &'a Expr,
    /// The source that is added.
    pub(super) right: &'a BoundSource,
    /// What is compared of it.
    pub(super) right_expr: &'a Expr,
    /// Whether the statement has the two sides of the condition the other way round.
    pub(super) is_flipped: bool,
    /// WITHIN.
    pub(super) within: Option<&'a Within>,
}

impl<'a> JoinOn<'a> {
    /// Takes the condition of the join with that number apart.
    pub(super) fn new(bound: &'a Bound, number: usize, join: &'a ast::Join) -> Result<Self, Error> {
        let sources = &bound.sources;
        let on = &bound.on[number];
        let (first, second) = sides(on)?;
        let first_source = only_source(first, on, sources)?;
        let second_source = only_source(second, on, sources)?;
        check_sources(first_source, second_source)?;
        check_windows(first_source, second_source)?;
        let added = &sources.0[number + 1];
        let is_flipped = first_source.alias == added.alias;
        if !is_flipped && second_source.alias != added.alias {
            return Err(Error::statement(format!(
                "A join criteria is expected to reference the source (`{}`) in the FROM clause, \
                 instead the right source references `{}` and the left source references `{}`",
                added.alias, second_source.alias, first_source.alias
            )));
        }
        let (left, left_expr) =
            if is_flipped { (second_source, second) } else { (first_source, first) };
        if !sources.0[..=number].iter().any(|known| known.alias == left.alias) {
            return Err(Error::statement(format!(
                "Cannot build JOIN tree; neither source in the join is the FROM source or included \
                 in a previous JOIN: {}.",
                text(on, Names::Qualified)
            )));
        }
        let right_expr = if is_flipped { first } else { second };
        let within = join.within.as_ref();
        Ok(JoinOn {
            kind: join.kind,
            left,
            left_expr,
            right: added,
            right_expr,
            is_flipped,
            within,
        })
    }

    /// Writes the condition as the statement has it.
    pub(super) fn condition(&self) -> String {
        let (left, right) =
            (text(self.left_expr, Names::Qualified), text(self.right_expr, Names::Qualified));
        if self.is_flipped { format!("{right} = {left}") } else { format!("{left} = {right}") }
    }

    /// Writes the join as messages do: `A LEFT [OUTER] JOIN B`.
    pub(super) fn title(&self) -> String {
        let kind = match self.kind {
            JoinKind::Inner => "[INNER] JOIN",
            JoinKind::Left => "LEFT [OUTER] JOIN",
            JoinKind::Right => "RIGHT [OUTER] JOIN",
            JoinKind::Full => "[FULL] OUTER JOIN",
        };
        format!("{} {kind} {}", self.left.source.name, self.right.source.name)
    }
}

fn sides(on: &Expr) -> Result<(&Expr, &Expr), Error> {
    let at = on.position;
    let wrong = |message: String| Err(Error::statement(message).at(at.line, at.column));
    if let ExprKind::Comparison { left, op, right } = &*on.kind {
        return match op {
            ComparisonOp::Equal => Ok((left, right)),
            ComparisonOp::NotEqual
            | ComparisonOp::LessThan
            | ComparisonOp::LessThanOrEqual
            | ComparisonOp::GreaterThan
            | ComparisonOp::GreaterThanOrEqual
            | ComparisonOp::IsDistinctFrom
            | ComparisonOp::IsNotDistinctFrom => {
                wrong("Only equality join criteria is supported.".to_owned())
            }
        };
    }
    let written = text(on, Names::Qualified);
    if let ExprKind::And(left, right) | ExprKind::Or(left, right) = &*on.kind
        && is_equality(left)
        && is_equality(right)
    {
        return wrong(format!(
            "Invalid join condition: joins on multiple conditions are not yet supported. Got {written}."
        ));
    }
    wrong(format!("Unsupported join expression: {written}"))
}

fn is_equality(expr: &Expr) -> bool {
    matches!(&*expr.kind, ExprKind::Comparison { op: ComparisonOp::Equal, .. })
}

fn only_source<'a>(expr: &Expr, on: &Expr, sources: &'a Sources) -> Result<&'a BoundSource, Error> {
    check_columns(expr, Clause::Join, sources, Allowed::default())?;
    let mut aliases: Vec<&str> = Vec::new();
    for_each_column(expr, &mut |column| {
        aliases.extend(column.source.filter(|alias| !aliases.contains(alias)));
    });
    let only = match aliases.as_slice() {
        [alias] => sources.find(alias),
        _ => None,
    };
    only.ok_or_else(|| {
        let (part, whole) = (text(expr, Names::Qualified), text(on, Names::Qualified));
        let message = format!(
            "Invalid comparison expression '{part}' in join '{whole}'. Each side of the join \
             comparision must contain references from exactly one source."
        );
        Error::statement(message).at(expr.position.line, expr.position.column)
    })
}

fn check_sources(left: &BoundSource, right: &BoundSource) -> Result<(), Error> {
    if left.alias != right.alias {
        return Ok(());
    }
    Err(Error::statement(format!(
        "Each side of the join must reference exactly one source and not the same source. Left \
         side references `{}` and right references `{}`",
        left.alias, right.alias
    )))
}

fn check_windows(left: &BoundSource, right: &BoundSource) -> Result<(), Error> {
    let (left_window, right_window) = (left.source.window, right.source.window);
    let is_session = |window: KeyWindow| window == KeyWindow::Session;
    match (left_window, right_window) {
        (None, None) => Ok(()),
        (Some(a), Some(b)) if is_session(a) == is_session(b) => Ok(()),
        (Some(a), Some(b)) => Err(Error::statement(format!(
            "Incompatible windowed sources.\nLeft source: {}\nRight source: {}\nSession windowed \
             sources can only be joined to other session windowed sources, and may still not \
             result in expected behaviour as session bounds must be an exact match for the join to \
             work\nHopping and tumbling windowed sources can only be joined to other hopping and \
             tumbling windowed sources",
            a.name(),
            b.name()
        ))),
        (left_window, right_window) => {
            let how = |window: Option<KeyWindow>| window.map_or("not", KeyWindow::name);
            Err(Error::statement(format!(
                "Can not join windowed source to non-windowed source.\n`{}` is {} windowed\n`{}` \
                 is {} windowed",
                left.alias,
                how(left_window),
                right.alias,
                how(right_window)
            )))
        }
    }
}
