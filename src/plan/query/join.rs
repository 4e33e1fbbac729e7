//! JOIN: each adds one source to the right of what is joined already.

use std::sync::Arc;

use tidemill_grammar::ast::{self, Expr as AstExpr, Position, Query};

use crate::catalog::{KeyWindow, SourceKind};
use crate::error::Error;
use crate::expr::Clause;
use crate::formats::Format;
use crate::plan::query::bind::{Bound, Selected, column_expr};
use crate::plan::query::context::Context;
use crate::plan::query::join_check::{JoinShape, check_partitions, check_types, join_shape};
use crate::plan::query::join_on::JoinOn;
use crate::plan::query::partition::{WINDOWED_REPARTITION, key_names, rekey};
use crate::plan::query::relation::{Relation, RequiredKeys, StarColumn, Visible};
use crate::plan::query::sources::BoundSource;
use crate::plan::query::text::{Names, ident, text};
use crate::plan::query::tree::as_column;
use crate::plan::query::window::millis;
use crate::plan::{JoinKind, Node, NodeOp, WithinSpec};
use crate::types::{Column, Schema};

/// What the key of a join is called when no source has a column that equals it.
const SYNTHETIC_KEY: &str = "ROWKEY";

/// What is joined so far.
struct Joined {
    relation: Relation,
    /// Expressions that all equal the key.
    equivalent: Vec<AstExpr>,
    /// The columns among them that can name the key, left to right.
    viable: Vec<AstExpr>,
    /// The format that keys are hashed in, if they stand as their topics have them.
    key_format: Option<Format>,
}

/// Joins the sources of a query.
pub(super) fn join(bound: &Bound, query: &Query, ctx: Context<'_>) -> Result<Relation, Error> {
    let first = bound.sources.first();
    let mut joined = Joined {
        relation: Relation::source(first, true),
        equivalent: Vec::new(),
        viable: Vec::new(),
        key_format: Some(first.source.key_format.clone()),
    };
    for (number, join) in query.joins.iter().enumerate() {
        let on = JoinOn::new(bound, number, join)?;
        joined = joined.with(&on, bound, number, ctx)?;
    }
    Ok(joined.relation)
}

impl Joined {
    fn with(
        self,
        on: &JoinOn<'_>,
        bound: &Bound,
        number: usize,
        ctx: Context<'_>,
    ) -> Result<Self, Error> {
        let right = Relation::source(on.right, true);
        let shape = join_shape(&self.relation, &right, on)?;
        // The result of a join on a foreign key comes through a topic, which has as many partitions as it takes.
        let is_fixed = !matches!(self.relation.node.op, NodeOp::ForeignKeyJoin { .. });
        if shape != JoinShape::ForeignKey && is_fixed {
            check_partitions(on, &bound.sources.0[number], bound.sources.first())?;
        }
        if shape == JoinShape::ForeignKey {
            return self.with_foreign_key(right, on, ctx);
        }
        let (equivalent, viable) = self.keys_after(on);
        let (left, right, key_format) = self.co_partitioned(right, on, ctx)?;
        let left_type = left.node.schema.key().first().map(|column| column.sql_type.clone());
        let right_type = right.node.schema.key().first().map(|column| column.sql_type.clone());
        if let (Some(left_type), Some(right_type)) = (left_type, right_type) {
            check_types(on, &left_type, &right_type)?;
        }
        let key = join_key(&viable, bound);
        let how = How { shape, key: &key, is_last: number + 1 == bound.on.len() };
        let relation = joined_relation(left, right, on, how)?;
        Ok(Joined {
            relation: Relation { required: key.required(&viable), ..relation },
            equivalent,
            viable,
            key_format,
        })
    }

    /// Returns what equals the key after a join, and which columns of it can name the key.
    fn keys_after(&self, on: &JoinOn<'_>) -> (Vec<AstExpr>, Vec<AstExpr>) {
        if on.kind == ast::JoinKind::Full {
            // Either side may be missing, so that no column of a source always equals the key.
            return (Vec::new(), Vec::new());
        }
        let sides = [on.left_expr.clone(), on.right_expr.clone()];
        let mut equivalent = sides.to_vec();
        if self.equivalent.iter().any(|expr| sides.contains(expr)) {
            let more = self.equivalent.iter().filter(|expr| !sides.contains(expr));
            equivalent.extend(more.cloned());
        }
        let mut viable: Vec<AstExpr> = Vec::new();
        for expr in self.viable.iter().chain(&sides) {
            let is_viable = as_column(expr).is_some() && equivalent.contains(expr);
            if is_viable && !viable.contains(expr) {
                viable.push(expr.clone());
            }
        }
        (equivalent, viable)
    }

    /// Gives both sides the keys that the condition compares, and brings equal keys to one partition.
    fn co_partitioned(
        self,
        right: Relation,
        on: &JoinOn<'_>,
        ctx: Context<'_>,
    ) -> Result<(Relation, Relation, Option<Format>), Error> {
        let left_stays = self.relation.keys.as_slice() == std::slice::from_ref(on.left_expr)
            || self.equivalent.contains(on.left_expr);
        let right_stays = right.keys.as_slice() == std::slice::from_ref(on.right_expr);
        let left_is_internal = self.key_format.is_none();
        let stays = |format: &Format, is_windowed: bool| is_windowed || !may_differ(format);
        let left_windowed = self.relation.node.is_windowed;
        let left_stays =
            left_stays && self.key_format.as_ref().is_none_or(|f| stays(f, left_windowed));
        let right_stays = right_stays && stays(&on.right.source.key_format, right.node.is_windowed);
        let left_format = self.key_format.clone().filter(|_| left_stays);
        let right_format = Some(on.right.source.key_format.clone()).filter(|_| right_stays);
        let target = left_format.clone().or_else(|| right_format.clone());
        let has_target = |format: &Option<Format>| match (format, &target) {
            (Some(format), Some(target)) => same_bytes(format, target),
            (Some(_) | None, _) => false,
        };
        let (left_window, right_window) = (on.left.source.window, on.right.source.window);
        // Their topics cannot be brought together, so such sources are taken as they are.
        let both_time = |a: Option<KeyWindow>, b: Option<KeyWindow>| match (a, b) {
            (Some(a), Some(b)) => a.size_ms().is_some() && b.size_ms().is_some(),
            (_, _) => false,
        };
        let same_windows = left_window == right_window
            || (may_differ(&on.right.source.key_format) && both_time(left_window, right_window));
        let is_target = has_target(&left_format) || (left_is_internal && target.is_none());
        let left = if left_stays && is_target {
            self.relation
        } else {
            rekeyed(self.relation, on.left_expr, &target, ctx)?
        };
        let right = if right_stays && has_target(&right_format) && same_windows {
            right
        } else {
            rekeyed(right, on.right_expr, &target, ctx)?
        };
        Ok((left, right, target))
    }

    fn with_foreign_key(
        self,
        right: Relation,
        on: &JoinOn<'_>,
        ctx: Context<'_>,
    ) -> Result<Self, Error> {
        let left = self.relation;
        let foreign_key = left.resolve(on.left_expr, Clause::Join, ctx)?;
        let right = match may_differ(&on.right.source.key_format) {
            true => rekeyed(right, on.right_expr, &None, ctx)?,
            false => right,
        };
        if let Some(key) = right.node.schema.key().first() {
            check_types(on, foreign_key.sql_type(), &key.sql_type)?;
        }
        let columns = left.node.schema.columns().iter().cloned().chain(as_values(&right));
        let node = Node {
            schema: Schema::new(columns.collect::<Vec<_>>()),
            kind: SourceKind::Table,
            is_windowed: left.node.is_windowed,
            op: NodeOp::ForeignKeyJoin {
                left: Box::new(left.node.clone()),
                right: Box::new(right.node.clone()),
                kind: join_kind(on.kind),
                foreign_key,
            },
        };
        let offset = left.node.schema.columns().len();
        let key_texts =
            left.keys.iter().filter_map(|key| Some((key.clone(), as_column(key)?.name.to_owned())));
        let required = RequiredKeys::LeftTable {
            table: Arc::clone(&on.left.source.name),
            columns: key_texts.collect(),
        };
        let relation = Relation {
            node,
            visible: left.visible.iter().cloned().chain(right.shifted(offset).visible).collect(),
            computed: Vec::new(),
            star: star_of(&left.star, &Relation::source(on.right, true).star, None),
            required,
            keys: left.keys,
            is_join: true,
        };
        Ok(Joined {
            relation,
            equivalent: Vec::new(),
            viable: Vec::new(),
            key_format: self.key_format,
        })
    }
}

/// Tells whether two formats write a key as the same bytes.
fn same_bytes(a: &Format, b: &Format) -> bool {
    a.kind == b.kind && a.delimiter == b.delimiter
}

/// Tells whether equal keys of a topic can be other bytes: they carry the id of the schema that their writer used.
fn may_differ(format: &Format) -> bool {
    format.kind.schema_kind().is_some()
}

/// Gives a side of a join the key that is compared.
fn rekeyed(
    relation: Relation,
    expr: &AstExpr,
    hashed_as: &Option<Format>,
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    if relation.node.is_windowed {
        return Err(Error::statement(WINDOWED_REPARTITION));
    }
    let exprs = [expr.clone()];
    let names = key_names(&relation, &exprs);
    let star = relation.star.clone();
    let mut relation = rekey(relation, &exprs, &names, Clause::Join, ctx)?;
    if let NodeOp::Repartition { hashed_as: target, .. } = &mut relation.node.op {
        target.clone_from(hashed_as);
    }
    Ok(Relation { star, ..relation })
}

/// What the key of a join is called.
enum JoinKey {
    /// As a column of a source that always equals it.
    Column(AstExpr),
    /// As no column.
    Synthetic(AstExpr, String),
}

fn join_key(viable: &[AstExpr], bound: &Bound) -> JoinKey {
    let projected = viable.iter().find(|expr| bound.projects(expr));
    if let Some(expr) = projected.or(viable.first()) {
        return JoinKey::Column(expr.clone());
    }
    let is_taken =
        |name: &str| bound.sources.0.iter().any(|s| s.source.schema.find(name).is_some());
    let mut name = SYNTHETIC_KEY.to_owned();
    let mut number = 0_u64;
    while is_taken(&name) {
        number += 1;
        name = format!("{SYNTHETIC_KEY}_{number}");
    }
    JoinKey::Synthetic(column_expr(None, &name, Position::default()), name)
}

impl JoinKey {
    fn expr(&self) -> &AstExpr {
        match self {
            JoinKey::Column(expr) | JoinKey::Synthetic(expr, _) => expr,
        }
    }

    fn column_name(&self) -> String {
        match self {
            JoinKey::Column(expr) => text_of_flat(expr),
            JoinKey::Synthetic(_, name) => name.clone(),
        }
    }

    fn required(&self, viable: &[AstExpr]) -> RequiredKeys {
        match self {
            JoinKey::Column(_) => {
                let written = |expr: &AstExpr| (expr.clone(), text(expr, Names::Qualified));
                RequiredKeys::Any {
                    exprs: viable.iter().map(written).collect(),
                    is_synthetic: false,
                }
            }
            JoinKey::Synthetic(expr, name) => {
                RequiredKeys::Any { exprs: vec![(expr.clone(), ident(name))], is_synthetic: true }
            }
        }
    }
}

fn text_of_flat(expr: &AstExpr) -> String {
    let column = as_column(expr);
    column.map(|c| crate::plan::query::text::flat_name(c.source, c.name, true)).unwrap_or_default()
}

/// How two sides with equal keys are joined.
#[derive(Clone, Copy)]
struct How<'a> {
    shape: JoinShape,
    key: &'a JoinKey,
    /// Whether no other join follows, so that `*` shows a synthetic key.
    is_last: bool,
}

/// Builds the node of a join of two sides with equal keys.
fn joined_relation(
    left: Relation,
    right: Relation,
    on: &JoinOn<'_>,
    how: How<'_>,
) -> Result<Relation, Error> {
    let key_type = left.node.schema.key().first().map(|column| column.sql_type.clone());
    let key_type = key_type.ok_or_else(|| Error::statement("A join needs a key on both sides."))?;
    let key_column = Column::key(how.key.column_name(), key_type);
    // A stream's row keeps its key where it joins a table; otherwise the key is a column before both sides'.
    let left_offset = usize::from(how.shape != JoinShape::StreamTable);
    let left_columns = as_values(&left).skip(1 - left_offset);
    let right_columns = as_values(&right);
    let columns = std::iter::once(key_column).chain(left_columns).chain(right_columns);
    let right_offset = left_offset + left.node.schema.columns().len();
    let (kind, is_windowed) = (left.node.kind, left.node.is_windowed);
    let schema = Schema::new(columns.collect::<Vec<_>>());
    let synthetic = match how.key {
        JoinKey::Column(_) => None,
        JoinKey::Synthetic(_, name) => Some(name.as_str()),
    };
    let star = star_of(&left.star, &right.star, synthetic.filter(|_| how.is_last));
    let own = synthetic.map(|name| Visible { source: None, name: name.into(), index: 0 });
    let (left_node, right_node) = (Box::new(left.node.clone()), Box::new(right.node.clone()));
    let visible = left.shifted(left_offset).visible.into_iter().filter(|v| v.source.is_some());
    let visible = own.into_iter().chain(visible).chain(right.shifted(right_offset).visible);
    Ok(Relation {
        visible: visible.collect(),
        computed: Vec::new(),
        star,
        required: RequiredKeys::None,
        keys: vec![how.key.expr().clone()],
        is_join: true,
        node: Node { op: join_op(left_node, right_node, on, how.shape), schema, kind, is_windowed },
    })
}

fn join_op(left: Box<Node>, right: Box<Node>, on: &JoinOn<'_>, shape: JoinShape) -> NodeOp {
    let kind = join_kind(on.kind);
    match (shape, on.within) {
        (JoinShape::StreamTable | JoinShape::ForeignKey, _) => {
            NodeOp::StreamTableJoin { left, right, kind }
        }
        (JoinShape::StreamStream, Some(within)) => {
            let within = WithinSpec {
                before_ms: millis(within.before),
                after_ms: millis(within.after),
                grace_ms: within.grace.map(millis),
            };
            NodeOp::StreamStreamJoin { left, right, kind, within }
        }
        (JoinShape::StreamStream | JoinShape::TableTable, _) => {
            NodeOp::TableTableJoin { left, right, kind }
        }
    }
}

fn join_kind(kind: ast::JoinKind) -> JoinKind {
    match kind {
        ast::JoinKind::Inner => JoinKind::Inner,
        ast::JoinKind::Left => JoinKind::Left,
        ast::JoinKind::Right => JoinKind::Right,
        ast::JoinKind::Full => JoinKind::Full,
    }
}

fn as_values(relation: &Relation) -> impl Iterator<Item = Column> {
    let columns = relation.node.schema.columns().iter();
    columns.map(|column| Column::value(Arc::clone(&column.name), column.sql_type.clone()))
}

fn star_of(left: &[StarColumn], right: &[StarColumn], synthetic: Option<&str>) -> Vec<StarColumn> {
    let key = synthetic.map(|name| StarColumn {
        source: None,
        selected: Selected {
            expr: column_expr(None, name, Position::default()),
            name: name.to_owned(),
        },
        is_source_key: false,
    });
    // The synthetic key of an earlier join is an implementation detail of the later one.
    let left = left.iter().filter(|star| star.source.is_some());
    key.into_iter().chain(left.cloned()).chain(right.iter().cloned()).collect()
}

/// Returns the sources whose values are written in KAFKA, by the names they go by.
pub(super) fn kafka_sources(sources: &[BoundSource]) -> Vec<&str> {
    let is_kafka =
        |s: &&BoundSource| s.source.value_format.kind == crate::formats::FormatKind::Kafka;
    sources.iter().filter(is_kafka).map(|source| &*source.alias).collect()
}
