//! A query with every column's source and every result's name written out.

use tidemill_grammar::ast::{self, Expr, ExprKind, Ident, Query, SelectItem};

use crate::error::Error;
use crate::expr::ResolveErrorKind;
use crate::expr::{Clause, Scope, ScopeColumn, resolve};
use crate::plan::query::context::Context;
use crate::plan::query::names::NameGenerator;
use crate::plan::query::sources::{Sources, unknown_alias};
use crate::plan::query::text::{Names, flat_name, ident, text};
use crate::plan::query::tree::{
    ColumnRef, as_column, children_mut, for_each_column, is_interval_unit,
};
use crate::plan::system;
use crate::types::SqlType;

/// A query with every column's source and every result's name written out.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// Its streams and tables.
    pub(super) sources: Sources,
    /// What is selected.
    pub(super) items: Vec<Item>,
    /// The conditions of its joins, in order.
    pub(super) on: Vec<Expr>,
    /// WHERE.
    pub(super) filter: Option<Expr>,
    /// GROUP BY.
    pub(super) group_by: Vec<Expr>,
    /// PARTITION BY.
    pub(super) partition_by: Vec<Expr>,
    /// HAVING.
    pub(super) having: Option<Expr>,
}

/// One item of a projection.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// An expression and the name of its result.
    Column(Selected),
    /// All columns, or all of one source.
    All(Option<Ident>),
}

/// An expression and the name of its result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selected {
    /// What is computed.
    pub(super) expr: Expr,
    /// What it is called.
    pub(super) name: String,
}

/// Writes out what a query leaves to be understood.
pub(super) fn bind(query: &Query, ctx: Context<'_>) -> Result<Bound, Error> {
    let sources = Sources::bind(query, ctx)?;
    let qualify = |expr: &Expr| {
        let mut expr = qualified(expr, &sources)?;
        if query.window.is_some() {
            own_bounds(&mut expr, &sources);
        }
        Ok::<_, Error>(expr)
    };
    query.joins.iter().try_for_each(|join| check_aliases(&join.on, &sources))?;
    let all = |exprs: &[Expr]| exprs.iter().map(qualify).collect::<Result<Vec<_>, _>>();
    let bound = Bound {
        items: items(query, &sources, ctx)?,
        on: query.joins.iter().map(|join| qualify(&join.on)).collect::<Result<_, _>>()?,
        filter: query.filter.as_ref().map(qualify).transpose()?,
        group_by: all(&query.group_by)?,
        partition_by: all(&query.partition_by)?,
        having: query.having.as_ref().map(qualify).transpose()?,
        sources,
    };
    Ok(bound)
}

/// Checks that the sources which a condition names are there, before a column of theirs is looked for elsewhere.
fn check_aliases(on: &Expr, sources: &Sources) -> Result<(), Error> {
    let mut unknown = None;
    for_each_column(on, &mut |column| {
        if let Some(alias) = column.source.filter(|alias| sources.find(alias).is_none()) {
            unknown.get_or_insert((alias, column.expr.position));
        }
    });
    match unknown {
        Some((alias, position)) => Err(unknown_alias(alias).at(position.line, position.column)),
        None => Ok(()),
    }
}

/// Gives every column of an expression its source.
fn qualified(expr: &Expr, sources: &Sources) -> Result<Expr, Error> {
    let mut expr = expr.clone();
    qualify(&mut expr, sources, &mut Vec::new())?;
    Ok(expr)
}

fn qualify(expr: &mut Expr, sources: &Sources, bound: &mut Vec<String>) -> Result<(), Error> {
    let position = expr.position;
    if let ExprKind::Column { source, name } = &mut *expr.kind {
        if source.is_none() && !bound.contains(&name.name) {
            *source = source_of(name, sources)?.map(|alias| Ident {
                name: alias,
                quoted: false,
                position,
            });
        }
        return Ok(());
    }
    if let ExprKind::Lambda { params, body } = &mut *expr.kind {
        for param in params.iter() {
            check_lambda_param(param, sources, bound)?;
        }
        let outer = bound.len();
        bound.extend(params.iter().map(|param| param.name.clone()));
        qualify(body, sources, bound)?;
        bound.truncate(outer);
        return Ok(());
    }
    let first_is_unit = expr.children().first().is_some_and(|first| is_interval_unit(expr, first));
    let mut children = children_mut(expr).into_iter();
    if first_is_unit {
        children.next();
    }
    children.try_for_each(|child| qualify(child, sources, bound))
}

/// Takes the source off the bounds of the query's own windows, which go by the name of what is aggregated too.
fn own_bounds(expr: &mut Expr, sources: &Sources) {
    if let ExprKind::Column { source, name } = &mut *expr.kind {
        let lacks_it =
            |alias: &Ident| sources.find(&alias.name).is_some_and(|s| !s.has(&name.name));
        if system::is_window_bound(&name.name) && source.as_ref().is_some_and(lacks_it) {
            *source = None;
        }
        return;
    }
    children_mut(expr).into_iter().for_each(|child| own_bounds(child, sources));
}

fn source_of(name: &Ident, sources: &Sources) -> Result<Option<String>, Error> {
    let found: Vec<&str> = sources.with_column(&name.name).map(|source| &*source.alias).collect();
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).to_owned())),
        several => {
            let choice = |alias: &&str| format!("{}.{}", ident(alias), ident(&name.name));
            let choices: Vec<String> = several.iter().map(choice).collect();
            let message =
                format!("Column '{}' is ambiguous. Could be {}.", name.name, choices.join(" or "));
            Err(Error::statement(message).at(name.position.line, name.position.column))
        }
    }
}

fn check_lambda_param(param: &Ident, sources: &Sources, bound: &[String]) -> Result<(), Error> {
    let message = if sources.0.iter().any(|s| s.source.schema.find(&param.name).is_some()) {
        format!("Lambda function argument can't be a column name: {}", param.name)
    } else if bound.contains(&param.name) {
        "Reusing lambda arguments in nested lambda is not allowed".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::statement(message).at(param.position.line, param.position.column))
}

fn items(query: &Query, sources: &Sources, ctx: Context<'_>) -> Result<Vec<Item>, Error> {
    let columns = sources.0.iter().flat_map(|source| source.source.schema.columns());
    let mut names = NameGenerator::new(columns.map(|column| &*column.name));
    let mut items = Vec::new();
    for item in &query.projection {
        match item {
            SelectItem::All(_) => items.push(Item::All(None)),
            SelectItem::AllOf(alias) if sources.find(&alias.name).is_none() => {
                return Err(
                    unknown_alias(&alias.name).at(alias.position.line, alias.position.column)
                );
            }
            SelectItem::AllOf(alias) => items.push(Item::All(Some(alias.clone()))),
            SelectItem::Expr { expr, alias } => {
                let mut expr = qualified(expr, sources)?;
                if query.window.is_some() {
                    own_bounds(&mut expr, sources);
                }
                let name = match alias {
                    Some(alias) => alias.name.clone(),
                    None => name_of(&expr, sources, &mut names),
                };
                items.push(Item::Column(Selected { expr, name }));
            }
            SelectItem::StructAll(base) => {
                let base = qualified(base, sources)?;
                for expr in fields_of(&base, sources, ctx)? {
                    let name = names.name_for(&expr);
                    items.push(Item::Column(Selected { expr, name }));
                }
            }
        }
    }
    Ok(items)
}

fn name_of(expr: &Expr, sources: &Sources, names: &mut NameGenerator) -> String {
    match as_column(expr) {
        Some(column) => flat_name(column.source, column.name, sources.is_shared(column.name)),
        None => names.name_for(expr),
    }
}

/// Returns an expression for each field of a struct.
fn fields_of(base: &Expr, sources: &Sources, ctx: Context<'_>) -> Result<Vec<Expr>, Error> {
    check_columns(base, Clause::Select, sources, Allowed::default())?;
    let scope = SourcesScope { sources, ctx };
    let resolved = resolve(base, &scope, ctx.registry).map_err(|e| e.in_clause(Clause::Select))?;
    let SqlType::Struct(fields) = resolved.sql_type() else {
        let message = format!(
            "Cannot use '->*' on {}: it is a {}, not a STRUCT.",
            text(base, Names::Qualified),
            resolved.sql_type()
        );
        return Err(Error::statement(message).at(base.position.line, base.position.column));
    };
    let field = |name: &str| Expr {
        kind: Box::new(ExprKind::Field {
            base: base.clone(),
            field: Ident { name: name.to_owned(), quoted: true, position: base.position },
        }),
        position: base.position,
    };
    Ok(fields.iter().map(|f| field(&f.name)).collect())
}

/// The columns of all sources, for types alone: the indexes mean nothing.
struct SourcesScope<'a> {
    sources: &'a Sources,
    ctx: Context<'a>,
}

impl Scope for SourcesScope<'_> {
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        let source = source.and_then(|alias| self.sources.find(alias));
        let offered = source.and_then(|s| s.columns().into_iter().find(|c| &*c.name == name));
        let found = offered.map(|c| ScopeColumn { index: 0, name: c.name, sql_type: c.sql_type });
        found.ok_or_else(|| ResolveErrorKind::Mistyped(format!("Unknown column {name}.")))
    }

    fn custom_type(&self, name: &str) -> Option<SqlType> {
        self.ctx.catalog.custom_type(name).cloned()
    }
}

/// Columns that no source has and that a clause may name all the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowed {
    /// WINDOWSTART and WINDOWEND of the query's own windows.
    pub(super) window_bounds: bool,
    /// `ROWKEY`, the key of a join on expressions.
    pub(super) synthetic_key: bool,
}

/// Checks that every column of an expression is one of a source.
pub(super) fn check_columns(
    expr: &Expr,
    clause: Clause,
    sources: &Sources,
    allowed: Allowed,
) -> Result<(), Error> {
    let mut wrong = None;
    for_each_column(expr, &mut |column| {
        if wrong.is_none() {
            wrong = check_column(column, clause, sources, allowed).err();
        }
    });
    wrong.map_or(Ok(()), Err)
}

fn check_column(
    column: ColumnRef<'_>,
    clause: Clause,
    sources: &Sources,
    allowed: Allowed,
) -> Result<(), Error> {
    let at = column.expr.position;
    let place = |error: Error| error.at(at.line, at.column);
    let Some(alias) = column.source else {
        let is_allowed = (allowed.window_bounds && system::is_window_bound(column.name))
            || (allowed.synthetic_key && is_synthetic_key(column.name));
        if is_allowed {
            return Ok(());
        }
        return Err(place(unresolved(clause, column.name, column.name, sources)));
    };
    let Some(source) = sources.find(alias) else { return Err(place(unknown_alias(alias))) };
    if source.has(column.name) {
        return Ok(());
    }
    Err(place(unresolved(clause, &format!("{alias}.{}", column.name), column.name, sources)))
}

fn unresolved(clause: Clause, written: &str, name: &str, sources: &Sources) -> Error {
    let names = sources.0.iter().flat_map(|source| source.source.schema.columns());
    let nearest = crate::text::nearest(name, names.map(|column| &*column.name));
    let what = match clause {
        Clause::PartitionBy => format!(
            "cannot be resolved. '{written}' must be a column in the source schema since \
             PARTITION BY is applied on the input."
        ),
        Clause::Select
        | Clause::Where
        | Clause::Having
        | Clause::GroupBy
        | Clause::Join
        | Clause::Values => "cannot be resolved.".to_owned(),
    };
    let hint = nearest.map(|near| format!(" Did you mean {}?", ident(near))).unwrap_or_default();
    Error::statement(format!("{} column '{written}' {what}{hint}", clause.keyword()))
}

/// Tells whether a name may be that of the key of a join on expressions: `ROWKEY`, `ROWKEY_1` …
pub(super) fn is_synthetic_key(name: &str) -> bool {
    name.strip_prefix("ROWKEY").is_some_and(|rest| {
        let number = rest.strip_prefix('_').unwrap_or("");
        rest.is_empty() || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    })
}

impl Bound {
    /// Checks that every clause names columns there are, in the order in which ksqlDB looks at them.
    pub(super) fn check(&self, query: &Query) -> Result<(), Error> {
        let allowed = Allowed {
            window_bounds: query.window.is_some(),
            synthetic_key: self.sources.is_join() && query.group_by.is_empty(),
        };
        let plain = Allowed { synthetic_key: false, ..allowed };
        let check =
            |expr: &Expr, clause, allowed| check_columns(expr, clause, &self.sources, allowed);
        self.filter.iter().try_for_each(|expr| check(expr, Clause::Where, plain))?;
        self.group_by.iter().try_for_each(|expr| check(expr, Clause::GroupBy, plain))?;
        self.partition_by.iter().try_for_each(|expr| check(expr, Clause::PartitionBy, allowed))?;
        self.having.iter().try_for_each(|expr| check(expr, Clause::Having, plain))?;
        self.selected().try_for_each(|item| check(&item.expr, Clause::Select, allowed))
    }

    /// Returns the items that are expressions.
    pub(super) fn selected(&self) -> impl Iterator<Item = &Selected> {
        self.items.iter().filter_map(|item| match item {
            Item::Column(selected) => Some(selected),
            Item::All(_) => None,
        })
    }

    /// Checks that no result is named as a column that every source has.
    pub(super) fn check_reserved(&self, is_persistent: bool) -> Result<(), Error> {
        for Selected { expr, name } in self.selected() {
            let Some(reserved) = system::NAMES.iter().find(|r| r.eq_ignore_ascii_case(name)) else {
                continue;
            };
            let is_itself = as_column(expr).is_some_and(|c| c.name.eq_ignore_ascii_case(name));
            let at = expr.position;
            let message = if !is_itself {
                format!(
                    "`{reserved}` is a reserved column name. You cannot use it as an alias for a column."
                )
            } else if is_persistent {
                format!(
                    "Reserved column name in select: `{reserved}`. Please remove or alias the column."
                )
            } else {
                continue;
            };
            return Err(Error::statement(message).at(at.line, at.column));
        }
        Ok(())
    }

    /// Tells whether the projection contains an expression: as an item, or by a star.
    pub(super) fn projects(&self, expr: &Expr) -> bool {
        self.items.iter().any(|item| match item {
            Item::Column(selected) => selected.expr == *expr,
            Item::All(None) => true,
            Item::All(Some(alias)) => {
                as_column(expr).is_some_and(|column| column.source == Some(alias.name.as_str()))
            }
        })
    }
}

/// Makes a reference to a column.
pub(super) fn column_expr(source: Option<&str>, name: &str, position: ast::Position) -> Expr {
    let ident = |name: &str| Ident { name: name.to_owned(), quoted: false, position };
    Expr {
        kind: Box::new(ExprKind::Column { source: source.map(ident), name: ident(name) }),
        position,
    }
}
