//! A node of the plan and what names mean on top of it.

use std::sync::Arc;

use tidemill_grammar::ast::{Expr as AstExpr, Position};

use crate::catalog::SourceKind;
use crate::error::Error;
use crate::expr::{Clause, Expr, ResolveErrorKind, Scope, ScopeColumn, resolve, resolve_filter};
use crate::plan::query::bind::{Selected, column_expr};
use crate::plan::query::context::Context;
use crate::plan::query::sources::{BoundSource, OfferedColumn};
use crate::plan::query::text::{Names, flat_name, ident, text};
use crate::plan::query::tree::as_column;
use crate::plan::{Node, NodeOp, SourceColumn, system};
use crate::types::{Column, Schema, SqlType};

/// A node of the plan and what names mean on top of it.
///
/// The running example is `orders o JOIN users u ON o.user = u.id`: `o.user` is the node's column `O_USER`, which is its key.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// The node.
    pub(super) node: Node,
    /// What a source's columns are in the node's schema.
    pub(super) visible: Vec<Visible>,
    /// Expressions that a column of the node holds already.
    pub(super) computed: Vec<(AstExpr, usize)>,
    /// What `*` stands for.
    pub(super) star: Vec<StarColumn>,
    /// For each key column, in order, the expression that names it.
    pub(super) keys: Vec<AstExpr>,
    /// Which keys the projection of a persistent query must contain.
    pub(super) required: RequiredKeys,
    /// Whether sources are joined.
    pub(super) is_join: bool,
}

/// A column of a source, where the node has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visible {
    /// The name of its source in the query, none for a key that no source has.
    pub(super) source: Option<Arc<str>>,
    /// Its name there.
    pub(super) name: Arc<str>,
    /// Its index in the node's schema.
    pub(super) index: usize,
}

/// A column that `*` stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StarColumn {
    /// The name of its source in the query, by which `source.*` finds it.
    pub(super) source: Option<Arc<str>>,
    /// What is selected.
    pub(super) selected: Selected,
    /// Whether it is a key column of its source.
    pub(super) is_source_key: bool,
}

/// Which keys the projection of a persistent query must contain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RequiredKeys {
    /// None: there is no key, or the statement has removed it.
    None,
    /// All of these.
    All {
        /// What they are, e.g. `key column`.
        what: &'static str,
        /// The expressions, and how messages write them.
        exprs: Vec<(AstExpr, String)>,
    },
    /// One of these.
    Any {
        /// The expressions, and how messages write them.
        exprs: Vec<(AstExpr, String)>,
        /// Whether the key was made up for the join.
        is_synthetic: bool,
    },
    /// The key of the left table of a join by foreign key.
    LeftTable {
        /// The table's name.
        table: Arc<str>,
        /// Its key columns.
        columns: Vec<(AstExpr, String)>,
    },
}

impl Relation {
    /// Reads a source. In a join its columns are named after it.
    pub(super) fn source(bound: &BoundSource, is_join: bool) -> Self {
        let offered = bound.columns();
        let key_count = bound.source.schema.key_count();
        let alias = &bound.alias;
        let name = |name: &str| flat_name(Some(alias.as_ref()), name, is_join);
        let columns = offered.iter().enumerate().map(|(index, column)| {
            let make = if index < key_count { Column::key } else { Column::value };
            make(name(&column.name), column.sql_type.clone())
        });
        let node = Node {
            schema: Schema::new(columns),
            kind: bound.source.kind,
            is_windowed: bound.source.window.is_some(),
            op: NodeOp::Source {
                source: Arc::clone(&bound.source),
                alias: Arc::clone(alias),
                columns: offered.iter().map(|column| column.column.clone()).collect(),
            },
        };
        let visible = offered.iter().enumerate().map(|(index, column)| Visible {
            source: Some(Arc::clone(alias)),
            name: Arc::clone(&column.name),
            index,
        });
        let own = |name: &str| column_expr(Some(alias.as_ref()), name, Position::default());
        let key_names = bound.source.schema.key().iter().map(|column| &column.name);
        let keys: Vec<AstExpr> = key_names.clone().map(|name| own(name)).collect();
        let required = keys.iter().zip(key_names).map(|(e, n)| (e.clone(), ident(n)));
        let star =
            star_order(&offered, key_count).into_iter().enumerate().map(|(i, column)| StarColumn {
                source: Some(Arc::clone(alias)),
                selected: Selected { expr: own(&column), name: name(&column) },
                is_source_key: i < key_count,
            });
        Relation {
            node,
            visible: visible.collect(),
            computed: Vec::new(),
            star: star.collect(),
            required: match keys.as_slice() {
                [] => RequiredKeys::None,
                _ => RequiredKeys::All { what: "key column", exprs: required.collect() },
            },
            keys,
            is_join,
        }
    }

    /// Puts a node on top that has the same columns.
    pub(super) fn wrap(self, op: impl FnOnce(Box<Node>) -> NodeOp) -> Self {
        let (schema, kind, is_windowed) =
            (self.node.schema.clone(), self.node.kind, self.node.is_windowed);
        let node = Node { op: op(Box::new(self.node)), schema, kind, is_windowed };
        Relation { node, ..self }
    }

    /// Returns which key column an expression names, if it names one.
    pub(super) fn key_index(&self, expr: &AstExpr) -> Option<usize> {
        self.keys.iter().position(|key| key == expr)
    }

    /// Finds a source's column.
    pub(super) fn find(&self, source: Option<&str>, name: &str) -> Option<usize> {
        let is_it =
            |visible: &&Visible| visible.source.as_deref() == source && &*visible.name == name;
        self.visible.iter().find(is_it).map(|visible| visible.index)
    }

    /// Returns a column of the node as an expression.
    pub(super) fn column(&self, index: usize) -> Expr {
        let column = &self.node.schema.columns()[index];
        Expr::column(index, Arc::clone(&column.name), column.sql_type.clone())
    }

    /// Returns all columns of the node as expressions.
    pub(super) fn all_columns(&self) -> impl Iterator<Item = Expr> {
        (0..self.node.schema.columns().len()).map(|index| self.column(index))
    }

    /// Resolves an expression on the node's columns.
    pub(super) fn resolve(
        &self,
        expr: &AstExpr,
        clause: Clause,
        ctx: Context<'_>,
    ) -> Result<Expr, Error> {
        if let Some(index) = self.key_index(expr) {
            return Ok(self.column(index));
        }
        let scope = RelationScope { relation: self, ctx };
        resolve(expr, &scope, ctx.registry).map_err(|error| error.in_clause(clause))
    }

    /// Resolves an expression that says which rows are kept.
    pub(super) fn resolve_filter(
        &self,
        expr: &AstExpr,
        clause: Clause,
        ctx: Context<'_>,
    ) -> Result<Expr, Error> {
        let scope = RelationScope { relation: self, ctx };
        resolve_filter(expr, &scope, ctx.registry).map_err(|error| error.in_clause(clause))
    }

    /// Returns what the node's columns become below a new key: all of them, `count` places further to the right.
    pub(super) fn shifted(self, count: usize) -> Self {
        let shift = |visible: Visible| Visible { index: visible.index + count, ..visible };
        let visible = self.visible.into_iter().map(shift).collect();
        let computed = self.computed.into_iter().map(|(expr, index)| (expr, index + count));
        Relation { visible, computed: computed.collect(), ..self }
    }

    /// Tells whether it is a table.
    pub(super) fn is_table(&self) -> bool {
        self.node.kind == SourceKind::Table
    }
}

/// Orders a source's columns as `*` does: key, window bounds, the rest; without ROWTIME and the like.
fn star_order(offered: &[OfferedColumn], key_count: usize) -> Vec<Arc<str>> {
    let (keys, rest) = offered.split_at(key_count);
    let is_bound = |column: &&OfferedColumn| {
        matches!(column.column, SourceColumn::WindowStart | SourceColumn::WindowEnd)
    };
    let is_own = |column: &&OfferedColumn| matches!(column.column, SourceColumn::Schema(_));
    let bounds = rest.iter().filter(is_bound);
    let own = rest.iter().filter(is_own);
    keys.iter().chain(bounds).chain(own).map(|column| Arc::clone(&column.name)).collect()
}

/// Names as a relation's node has them.
pub(super) struct RelationScope<'a> {
    /// The relation.
    pub(super) relation: &'a Relation,
    /// Where types are looked up.
    pub(super) ctx: Context<'a>,
}

impl RelationScope<'_> {
    fn scope_column(&self, index: usize) -> ScopeColumn {
        let column = &self.relation.node.schema.columns()[index];
        ScopeColumn { index, name: Arc::clone(&column.name), sql_type: column.sql_type.clone() }
    }
}

impl Scope for RelationScope<'_> {
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        match self.relation.find(source, name) {
            Some(index) => Ok(self.scope_column(index)),
            None => Err(ResolveErrorKind::Mistyped(format!("Unknown column {name}."))),
        }
    }

    fn custom_type(&self, name: &str) -> Option<SqlType> {
        self.ctx.catalog.custom_type(name).cloned()
    }

    fn computed(&self, expr: &AstExpr) -> Option<ScopeColumn> {
        let (known, index) = self.relation.computed.iter().find(|(known, _)| known == expr)?;
        let column = self.scope_column(*index);
        if as_column(known).is_some() {
            return Some(column);
        }
        let written = text(known, Names::Flat { is_join: self.relation.is_join });
        Some(ScopeColumn { name: written.into(), ..column })
    }
}

/// Returns what selects a window bound of the node itself, if an expression names one.
pub(super) fn as_window_bound(expr: &AstExpr) -> Option<&str> {
    as_column(expr).map(|column| column.name).filter(|name| system::is_window_bound(name))
}
