//! How much a text may ask for: beyond these bounds it is refused with an error, because a stack that overflows
//! takes the process with it.

use std::thread;

/// The longest statement in bytes.
pub const STATEMENT_BYTES_MAX: usize = 1024 * 1024;

/// How deep brackets, CASE, types and statements may nest.
pub const NESTING_MAX: usize = 100;

/// How many operators one expression may have: those of a chain `a OR a OR …` of 10,000 tokens.
pub const OPERATORS_MAX: usize = 5_000;

/// How deep the tree of an expression may be.
///
/// Whoever walks a tree does it by recursion, on stacks of 2 MiB. Chains of AND, OR and `||` are built as balanced
/// trees when they are long and do not come near it; a chain of additions does.
pub const DEPTH_MAX: usize = 500;

/// How many operands a chain of AND, OR or `||` has before its tree is built balanced.
pub(crate) const BALANCED_FROM: usize = 32;

/// How deep sqlparser may recurse: eight levels of precedence for each level of nesting.
pub(crate) const RECURSION_MAX: usize = 8 * NESTING_MAX;

/// The stack that statements beyond the common sizes are parsed on.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What decides how much stack a statement may need.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// Tokens of the statement.
    pub(crate) tokens: usize,
    /// The deepest nesting of brackets and CASE.
    pub(crate) nesting: usize,
    /// Signs and NOTs, each of which may be one more level.
    pub(crate) prefixes: usize,
}

impl Demand {
    /// Tests whether the stack of any thread will do.
    fn is_common(self) -> bool {
        self.tokens <= 1_000 && self.nesting <= 10 && self.prefixes <= 30
    }
}

/// Runs `work` here if `demand` is common, on a thread with a large stack if it is not.
///
/// Returns `None` if no such thread can be had.
pub(crate) fn with_stack<T: Send>(demand: Demand, work: impl FnOnce() -> T + Send) -> Option<T> {
    if demand.is_common() {
        return Some(work());
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("parse".into()).stack_size(STACK_BYTES);
        let handle = builder.spawn_scoped(scope, work).ok()?;
        match handle.join() {
            Ok(result) => Some(result),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
