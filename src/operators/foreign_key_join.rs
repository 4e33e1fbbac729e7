//! What the three operators of a join on a foreign key share.
//!
//! The right row stands in the partition of the foreign key, the result in that of the left row's key. So a left row travels, as
//! rows of two internal topics:
//!
//! ```text
//! left table ─▶ ForeignKeySubscribe ─subscriptions, by foreign key─▶ ForeignKeyMatch ─results, by left key─▶ ForeignKeyResolve
//!                                                  right table ──────────▲
//! ```
//!
//! Every change of a left row has a version. Results of one left row may come from several partitions, those of the foreign keys
//! it has had, and overtake each other: the last operator drops those that are older than one that has come already.
//!
//! Source: Kafka Streams' KIP-213 with KIP-962. There a right partition answers with the right row and a hash of the left one, which
//! is compared with the left row as it is by then, so that intermediate results get lost when several changes are on their way at
//! once; with versions all results come out that are not overtaken, in whatever batches records are processed.

use crate::expr::Expr;
use crate::plan::JoinKind;
use crate::state::StoreId;
use crate::types::{Column, ColumnRole, Schema, SqlType};

/// What a join of two tables on a foreign key does.
#[derive(Clone, Debug)]
pub struct ForeignKeySpec {
    /// The columns of the left table.
    pub left: Schema,
    /// The columns of the right table.
    pub right: Schema,
    /// Which rows without a match come out: of an inner join none, of a left join the left table's.
    pub kind: JoinKind,
    /// The foreign key, computed from a row of the left table.
    pub foreign_key: Expr,
    /// Where the first operator keeps the foreign key of each left row.
    pub foreign_keys: StoreId,
    /// Where the second operator keeps the right rows.
    pub right_rows: StoreId,
    /// Where it keeps the left rows, by foreign key.
    pub subscriptions: StoreId,
    /// Where the last operator keeps the version of each result.
    pub versions: StoreId,
}

/// What a subscription asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// The left row does not point here any more.
    Unsubscribe,
    /// The same, and its result is gone.
    Retract,
    /// The same, and nothing else that concerns the left row can be on its way.
    RetractLast,
    /// The left row points here; without a right row there may still be a result to replace.
    Subscribe,
    /// The left row points here; without a right row there is nothing to say.
    SubscribeIfFound,
}

impl Instruction {
    /// Returns the number that stands for it.
    pub(super) fn code(self) -> i32 {
        match self {
            Instruction::Unsubscribe => 0,
            Instruction::Retract => 1,
            Instruction::RetractLast => 2,
            Instruction::Subscribe => 3,
            Instruction::SubscribeIfFound => 4,
        }
    }

    /// Returns what a number stands for.
    pub(super) fn of_code(code: i32) -> Option<Self> {
        use Instruction::{Retract, RetractLast, Subscribe, SubscribeIfFound, Unsubscribe};
        let all = [Unsubscribe, Retract, RetractLast, Subscribe, SubscribeIfFound];
        all.into_iter().find(|instruction| instruction.code() == code)
    }
}

impl ForeignKeySpec {
    /// Returns the columns of a subscription: the foreign key, the left row, its version, an instruction.
    pub fn subscription(&self) -> Schema {
        let key = Column::key("FOREIGN_KEY", self.foreign_key.sql_type().clone());
        let left = self.left.columns().iter().map(as_value);
        let own =
            [Column::value("VERSION", SqlType::Bigint), Column::value("INSTRUCTION", SqlType::Int)];
        Schema::new(std::iter::once(key).chain(left).chain(own))
    }

    /// Returns the columns of a result: the left row, the right row, the left row's version, and whether it is the last result.
    pub fn result(&self) -> Schema {
        let left = self.left.columns().iter().map(|column| match column.role {
            ColumnRole::Key => column.clone(),
            ColumnRole::Value | ColumnRole::Header(_) => as_value(column),
        });
        let right = self.right.columns().iter().map(as_value);
        let own =
            [Column::value("VERSION", SqlType::Bigint), Column::value("IS_LAST", SqlType::Boolean)];
        Schema::new(left.chain(right).chain(own))
    }
}

fn as_value(column: &Column) -> Column {
    Column::value(std::sync::Arc::clone(&column.name), column.sql_type.clone())
}
