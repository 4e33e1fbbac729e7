//! The tree of a typed expression.

use std::collections::BTreeSet;
use std::sync::Arc;

pub use tidemill_grammar::ast::{ArithmeticOp, ComparisonOp};

use crate::functions::ResolvedScalar;
use crate::types::{SqlType, Value};

/// A scalar function whose overload is known.
#[derive(Clone, Debug)]
pub struct Function(pub Arc<ResolvedScalar>);

/// The same overload of the same function.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        let key = |f: &Function| (Arc::clone(&f.0.name), f.0.return_type.clone());
        key(self) == key(other) && self.0.params == other.0.params
    }
}

/// A typed expression over the columns of its input.
///
/// Every operand has the type its parent computes with: where SQL leaves a conversion unsaid, there is a [`Expr::Cast`].
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the line above a variant shows its parts")]
pub enum Expr {
    /// A column of the input.
    Column { index: usize, name: Arc<str>, sql_type: SqlType },
    /// A constant.
    Literal { value: Value, sql_type: SqlType },
    /// A parameter of the lambda it stands in, counted from the outermost lambda's first.
    LambdaParam { index: usize, name: Arc<str>, sql_type: SqlType },
    /// A conversion; an implicit one is not shown.
    Cast { operand: Box<Expr>, sql_type: SqlType, implicit: bool },
    /// `- operand`.
    Negate(Box<Expr>),
    /// `left op right`.
    Arithmetic { left: Box<Expr>, op: ArithmeticOp, right: Box<Expr>, sql_type: SqlType },
    /// `left op right`: false, not NULL, where an operand is NULL.
    Comparison { left: Box<Expr>, op: ComparisonOp, right: Box<Expr> },
    /// `NOT operand`.
    Not(Box<Expr>),
    /// All of them, of which there are two or more.
    And(Vec<Expr>),
    /// Any of them, of which there are two or more.
    Or(Vec<Expr>),
    /// `operand IS [NOT] NULL`.
    IsNull { operand: Box<Expr>, negated: bool },
    /// `operand BETWEEN low AND high`: false, not NULL, where one of them is NULL.
    Between { operand: Box<Expr>, low: Box<Expr>, high: Box<Expr>, negated: bool },
    /// `operand IN (list)`: false, not NULL, where the operand is NULL.
    In { operand: Box<Expr>, list: Vec<Expr>, negated: bool },
    /// `operand LIKE pattern`: false, not NULL, where one of them is NULL.
    Like { operand: Box<Expr>, pattern: Box<Expr>, escape: Option<char>, negated: bool },
    /// `CASE WHEN … THEN … ELSE … END`.
    Case { branches: Vec<(Expr, Expr)>, default: Option<Box<Expr>>, sql_type: SqlType },
    /// `base[index]` of an ARRAY (an INT from 1, or from the end if negative) or a MAP (a key).
    Subscript { base: Box<Expr>, index: Box<Expr>, sql_type: SqlType },
    /// `base->name`, the field of that index.
    Field { base: Box<Expr>, index: usize, name: Arc<str>, sql_type: SqlType },
    /// `ARRAY[…]`.
    Array { elements: Vec<Expr>, sql_type: SqlType },
    /// `MAP(…)`.
    Map { entries: Vec<(Expr, Expr)>, sql_type: SqlType },
    /// `STRUCT(…)`, in the order of the type's fields.
    Struct { fields: Vec<Expr>, sql_type: SqlType },
    /// `function(args)`.
    Call { function: Function, args: Vec<Expr> },
    /// `(params) => body`, an argument of a call.
    Lambda { params: Vec<(Arc<str>, SqlType)>, body: Box<Expr> },
}

impl Expr {
    /// Makes a reference to a column.
    pub fn column(index: usize, name: impl Into<Arc<str>>, sql_type: SqlType) -> Self {
        Expr::Column { index, name: name.into(), sql_type }
    }

    /// Returns its type; a lambda's is that of its body.
    pub fn sql_type(&self) -> &SqlType {
        match self {
            Expr::Column { sql_type, .. }
            | Expr::Literal { sql_type, .. }
            | Expr::LambdaParam { sql_type, .. }
            | Expr::Cast { sql_type, .. }
            | Expr::Arithmetic { sql_type, .. }
            | Expr::Case { sql_type, .. }
            | Expr::Subscript { sql_type, .. }
            | Expr::Field { sql_type, .. }
            | Expr::Array { sql_type, .. }
            | Expr::Map { sql_type, .. }
            | Expr::Struct { sql_type, .. } => sql_type,
            Expr::Call { function, .. } => &function.0.return_type,
            Expr::Negate(operand) => operand.sql_type(),
            Expr::Lambda { body, .. } => body.sql_type(),
            Expr::Comparison { .. }
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::IsNull { .. }
            | Expr::Between { .. }
            | Expr::In { .. }
            | Expr::Like { .. } => &SqlType::Boolean,
        }
    }

    /// Returns the indexes of the columns it reads.
    pub fn columns(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        self.visit(&mut |expr| {
            if let Expr::Column { index, .. } = expr {
                found.insert(*index);
            }
        });
        found
    }

    /// Gives every column the index that `f` says.
    #[must_use]
    pub fn map_columns(mut self, f: &dyn Fn(usize) -> usize) -> Self {
        self.visit_mut(&mut |expr| {
            if let Expr::Column { index, .. } = expr {
                *index = f(*index);
            }
        });
        self
    }

    /// Calls `f` for it and for everything in it, parents first.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        self.children().into_iter().for_each(|child| child.visit(f));
    }

    /// Calls `f` for it and for everything in it, parents first.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        f(self);
        self.children_mut().into_iter().for_each(|child| child.visit_mut(f));
    }
}

macro_rules! children {
    ($expr:expr, $iter:ident, $as_ref:ident) => {
        match $expr {
            Expr::Column { .. } | Expr::Literal { .. } | Expr::LambdaParam { .. } => Vec::new(),
            Expr::Cast { operand, .. }
            | Expr::Negate(operand)
            | Expr::Not(operand)
            | Expr::IsNull { operand, .. }
            | Expr::Field { base: operand, .. }
            | Expr::Lambda { body: operand, .. } => vec![operand.$as_ref()],
            Expr::Arithmetic { left, right, .. }
            | Expr::Comparison { left, right, .. }
            | Expr::Like { operand: left, pattern: right, .. }
            | Expr::Subscript { base: left, index: right, .. } => {
                vec![left.$as_ref(), right.$as_ref()]
            }
            Expr::Between { operand, low, high, .. } => {
                vec![operand.$as_ref(), low.$as_ref(), high.$as_ref()]
            }
            Expr::And(all)
            | Expr::Or(all)
            | Expr::Array { elements: all, .. }
            | Expr::Struct { fields: all, .. }
            | Expr::Call { args: all, .. } => all.$iter().collect(),
            Expr::In { operand, list, .. } => {
                std::iter::once(operand.$as_ref()).chain(list.$iter()).collect()
            }
            Expr::Case { branches, default, .. } => {
                let parts = branches.$iter().flat_map(|(when, then)| [when, then]);
                parts.chain(default.$iter().map(|default| default.$as_ref())).collect()
            }
            Expr::Map { entries, .. } => {
                entries.$iter().flat_map(|(key, value)| [key, value]).collect()
            }
        }
    };
}

impl Expr {
    /// Returns what it is computed from, in the order of evaluation.
    pub fn children(&self) -> Vec<&Expr> {
        children!(self, iter, as_ref)
    }

    /// Returns what it is computed from, in the order of evaluation.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        children!(self, iter_mut, as_mut)
    }
}
