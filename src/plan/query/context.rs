//! What a statement is analysed against.

use crate::catalog::Catalog;
use crate::config::Config;
use crate::functions::Registry;
use crate::registry::StatementSchemas;

/// What a statement is analysed against: one moment of the engine.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// What names mean.
    pub(crate) catalog: &'a Catalog,
    /// The options in force.
    pub(crate) config: &'a Config,
    /// The functions.
    pub(crate) registry: &'a Registry,
    /// The schemas of topics.
    pub(crate) schemas: &'a StatementSchemas,
}
