//! The syntax tree: what a script says, before anyone looks up what its names mean.
//!
//! Names keep the case they mean: an unquoted identifier is stored in upper case, a quoted one as it was written. Every tree can be
//! written back as text with `Display`, and that text parses to an equal tree: positions do not take part in comparisons.

use std::fmt;

/// A place in a statement's text, counted from 1; `0` where the node came from nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// Positions say where, not what: all are equal, so that trees compare by meaning.
impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Position {}
impl std::hash::Hash for Position {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}:{}", self.line, self.column)
    }
}

/// An identifier, as it is compared: unquoted text is upper case already.
#[derive(Clone, Debug)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Whether it was written in quotes, so that it must be again if it is not plain upper case.
    pub quoted: bool,
    /// Where it stands.
    pub position: Position,
}

/// `id` and `` `ID` `` are the same name.
impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Ident {}
impl std::hash::Hash for Ident {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// One statement with its place and its own text.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedStatement {
    /// What it says.
    pub statement: Statement,
    /// Its text as written, without the semicolon.
    pub text: String,
    /// Where it begins in the script.
    pub position: Position,
}

/// A stream or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A sequence of independent facts.
    Stream,
    /// The latest fact per key.
    Table,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the line above a variant shows its parts")]
pub enum Statement {
    /// `CREATE [OR REPLACE] [SOURCE] STREAM | TABLE [IF NOT EXISTS] name (elements) WITH (…)`.
    CreateSource(CreateSource),
    /// `CREATE [OR REPLACE] STREAM | TABLE [IF NOT EXISTS] name [WITH (…)] AS SELECT …`.
    CreateAsSelect(CreateAsSelect),
    /// `INSERT INTO name [WITH (…)] SELECT …`.
    InsertInto { target: Ident, properties: Properties, query: Box<Query> },
    /// `INSERT INTO name [(columns)] VALUES (…)`.
    InsertValues { target: Ident, columns: Vec<Ident>, values: Vec<Expr> },
    /// `SELECT …`, a push query when it has EMIT, a pull query when it has not.
    Query(Box<Query>),
    /// `DROP STREAM | TABLE [IF EXISTS] name [DELETE TOPIC]`.
    DropSource { kind: SourceKind, if_exists: bool, name: Ident, delete_topic: bool },
    /// `ALTER STREAM | TABLE name ADD [COLUMN] c T, …`.
    AlterSource { kind: SourceKind, name: Ident, columns: Vec<(Ident, DataType)> },
    /// `CREATE TYPE [IF NOT EXISTS] name AS T`.
    CreateType { if_not_exists: bool, name: Ident, data_type: DataType },
    /// `DROP TYPE [IF EXISTS] name`.
    DropType { if_exists: bool, name: Ident },
    /// `TERMINATE | PAUSE | RESUME (id | ALL)`.
    ControlQuery { action: QueryAction, query: QueryRef },
    /// `SHOW | LIST …`.
    Show(Show),
    /// `DESCRIBE name [EXTENDED]`.
    Describe { name: Ident, extended: bool },
    /// `DESCRIBE STREAMS [EXTENDED]` and `DESCRIBE TABLES [EXTENDED]`.
    DescribeAll { kind: SourceKind, extended: bool },
    /// `DESCRIBE FUNCTION f`.
    DescribeFunction { name: Ident },
    /// `DESCRIBE CONNECTOR c`.
    DescribeConnector { name: Ident },
    /// `EXPLAIN statement`.
    ExplainStatement(Box<Statement>),
    /// `EXPLAIN query_id`.
    ExplainQuery(Ident),
    /// `PRINT topic [FROM BEGINNING] [INTERVAL | SAMPLE n] [LIMIT n]`.
    Print { topic: Ident, from_beginning: bool, interval: Option<u64>, limit: Option<u64> },
    /// `SET 'property' = 'value'`.
    SetProperty { name: String, value: String },
    /// `UNSET 'property'`.
    UnsetProperty { name: String },
    /// `ALTER SYSTEM 'property' = 'value'`.
    AlterSystem { name: String, value: String },
    /// `DEFINE variable = 'value'`.
    Define { name: Ident, value: String },
    /// `UNDEFINE variable`.
    Undefine { name: Ident },
    /// `RUN SCRIPT 'path'`.
    RunScript { path: String },
    /// `CREATE SOURCE | SINK CONNECTOR [IF NOT EXISTS] name WITH (…)`.
    CreateConnector {
        kind: ConnectorKind,
        if_not_exists: bool,
        name: Ident,
        properties: Properties,
    },
    /// `DROP CONNECTOR [IF EXISTS] name`.
    DropConnector { if_exists: bool, name: Ident },
    /// `ASSERT [NOT EXISTS] TOPIC t [WITH (…)] [TIMEOUT n unit]`.
    AssertTopic { exists: bool, topic: Ident, properties: Properties, timeout: Option<Duration> },
    /// `ASSERT [NOT EXISTS] SCHEMA [SUBJECT s] [ID n] [TIMEOUT n unit]`.
    AssertSchema {
        exists: bool,
        subject: Option<Ident>,
        id: Option<i64>,
        timeout: Option<Duration>,
    },
    /// `ASSERT VALUES s (columns) VALUES (…)`, of SQL tests.
    AssertValues { target: Ident, columns: Vec<Ident>, values: Vec<Expr> },
    /// `ASSERT NULL VALUES s (columns) KEY (…)`, of SQL tests.
    AssertNullValues { target: Ident, columns: Vec<Ident>, values: Vec<Expr> },
    /// `ASSERT STREAM | TABLE s (elements) WITH (…)`, of SQL tests.
    AssertSource(CreateSource),
}

/// The parts of `CREATE … (elements) WITH (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSource {
    /// Stream or table.
    pub kind: SourceKind,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `SOURCE`: read-only, and materialized if it is a table.
    pub is_source: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// The columns; none when the schema is to be inferred.
    pub elements: Vec<TableElement>,
    /// `WITH (…)`.
    pub properties: Properties,
}

/// The parts of `CREATE … AS SELECT`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateAsSelect {
    /// Stream or table.
    pub kind: SourceKind,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// `WITH (…)`.
    pub properties: Properties,
    /// The query.
    pub query: Box<Query>,
}

/// A declared column.
#[derive(Clone, Debug, PartialEq)]
pub struct TableElement {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: DataType,
    /// What it is part of.
    pub constraint: ColumnConstraint,
}

/// What a declared column is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnConstraint {
    /// The record's value.
    None,
    /// `KEY`: a stream's key.
    Key,
    /// `PRIMARY KEY`: a table's key.
    PrimaryKey,
    /// `HEADERS`: all headers.
    Headers,
    /// `HEADER('name')`: the last header of that name.
    Header(String),
}

/// `WITH (name = literal, …)`; names are upper case unless they were quoted. Order is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(pub Vec<(Ident, Literal)>);

/// What TERMINATE, PAUSE and RESUME do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryAction {
    /// Ends it for good.
    Terminate,
    /// Stops it for now.
    Pause,
    /// Lets it go on.
    Resume,
}

/// One query or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryRef {
    /// The query of that id.
    Id(Ident),
    /// Every persistent query.
    All,
}

/// What SHOW lists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the line above a variant shows its parts")]
pub enum Show {
    /// `SHOW [ALL] TOPICS [EXTENDED]`.
    Topics { all: bool, extended: bool },
    /// `SHOW STREAMS [EXTENDED]`.
    Streams { extended: bool },
    /// `SHOW TABLES [EXTENDED]`.
    Tables { extended: bool },
    /// `SHOW QUERIES [EXTENDED]`.
    Queries { extended: bool },
    /// `SHOW FUNCTIONS`.
    Functions,
    /// `SHOW PROPERTIES`.
    Properties,
    /// `SHOW VARIABLES`.
    Variables,
    /// `SHOW TYPES`.
    Types,
    /// `SHOW [SOURCE | SINK] CONNECTORS`.
    Connectors { kind: Option<ConnectorKind> },
    /// `SHOW CONNECTOR PLUGINS`.
    ConnectorPlugins,
}

/// Which way a connector carries records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorKind {
    /// Into topics.
    Source,
    /// Out of topics.
    Sink,
}

/// `SELECT …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is selected.
    pub projection: Vec<SelectItem>,
    /// `FROM`.
    pub from: Relation,
    /// `JOIN`s, in order.
    pub joins: Vec<Join>,
    /// `WINDOW`.
    pub window: Option<Window>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`; parentheses around the whole list are dropped.
    pub group_by: Vec<Expr>,
    /// `PARTITION BY`; parentheses around the whole list are dropped.
    pub partition_by: Vec<Expr>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `EMIT`.
    pub emit: Option<Emit>,
    /// `LIMIT`.
    pub limit: Option<u64>,
    /// Where it begins.
    pub position: Position,
}

/// One item of a projection.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `expr [AS alias]`.
    Expr {
        /// What is computed.
        expr: Expr,
        /// Its name, if one was given.
        alias: Option<Ident>,
    },
    /// `*`.
    All(Position),
    /// `source.*`.
    AllOf(Ident),
    /// `struct->*`.
    StructAll(Expr),
}

/// A source in FROM or JOIN.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// The stream or table.
    pub name: Ident,
    /// The name it goes by in this query.
    pub alias: Option<Ident>,
}

/// `[INNER | LEFT | RIGHT | FULL] JOIN …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Which rows without a match come out.
    pub kind: JoinKind,
    /// The right side.
    pub right: Relation,
    /// `WITHIN … [GRACE PERIOD …]`.
    pub within: Option<Within>,
    /// `ON`.
    pub on: Expr,
    /// Where the clause begins.
    pub position: Position,
}

/// Which rows without a match come out of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// None.
    Inner,
    /// The left side's.
    Left,
    /// The right side's.
    Right,
    /// Both sides'.
    Full,
}

/// How far apart in event time two joined records may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// How much earlier the right record may be.
    pub before: Duration,
    /// How much later it may be.
    pub after: Duration,
    /// Whether it was written as one bound or two.
    pub symmetric: bool,
    /// How long to wait for late records.
    pub grace: Option<Duration>,
}

/// `WINDOW …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its shape.
    pub kind: WindowKind,
    /// `RETENTION`.
    pub retention: Option<Duration>,
    /// `GRACE PERIOD`.
    pub grace: Option<Duration>,
    /// Where it begins.
    pub position: Position,
}

/// The shape of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the line above a variant shows its parts")]
pub enum WindowKind {
    /// `TUMBLING (SIZE …)`.
    Tumbling { size: Duration },
    /// `HOPPING (SIZE …, ADVANCE BY …)`.
    Hopping { size: Duration, advance: Duration },
    /// `SESSION (gap)`.
    Session { gap: Duration },
}

/// A length of time as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: TimeUnit,
}

/// A unit of time; the plural is the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum TimeUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

/// `EMIT …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emit {
    /// Every update.
    Changes,
    /// A window's result once it is closed.
    Final,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum DataType {
    Boolean,
    Int,
    Bigint,
    Double,
    /// `DECIMAL(precision, scale)`, as written: the bounds are checked by who uses it.
    Decimal {
        precision: u32,
        scale: u32,
    },
    /// `VARCHAR`, also written `STRING`.
    Varchar,
    Bytes,
    Date,
    Time,
    Timestamp,
    Array(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    Struct(Vec<(Ident, DataType)>),
    /// A name given by CREATE TYPE.
    Custom(Ident),
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A whole number that fits 32 bits.
    Int(i32),
    /// A whole number that fits 64 bits.
    Bigint(i64),
    /// A number with a point, its digits as written, e.g. `1.50`; `.5` is `0.5`.
    Decimal(String),
    /// A number with an exponent.
    Double(f64),
    /// `'…'`.
    String(String),
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it computes.
    pub kind: Box<ExprKind>,
    /// Where it begins.
    pub position: Position,
}

/// What an expression computes.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the line above a variant shows its parts")]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `[source.]column`, or the argument of a lambda.
    Column { source: Option<Ident>, name: Ident },
    /// `base->field`.
    Field { base: Expr, field: Ident },
    /// `base[index]`.
    Subscript { base: Expr, index: Expr },
    /// `- x`, `+ x`.
    Sign { negative: bool, operand: Expr },
    /// `NOT x`.
    Not(Expr),
    /// `left op right`, arithmetic and `||`.
    Arithmetic { left: Expr, op: ArithmeticOp, right: Expr },
    /// `left op right`, comparisons.
    Comparison { left: Expr, op: ComparisonOp, right: Expr },
    /// `left AND right`.
    And(Expr, Expr),
    /// `left OR right`.
    Or(Expr, Expr),
    /// `x IS [NOT] NULL`.
    IsNull { operand: Expr, negated: bool },
    /// `x [NOT] BETWEEN low AND high`.
    Between { operand: Expr, low: Expr, high: Expr, negated: bool },
    /// `x [NOT] IN (…)`.
    In { operand: Expr, list: Vec<Expr>, negated: bool },
    /// `x [NOT] LIKE pattern [ESCAPE 'c']`.
    Like { operand: Expr, pattern: Expr, escape: Option<char>, negated: bool },
    /// `CASE WHEN … THEN … [ELSE …] END`.
    SearchedCase { branches: Vec<(Expr, Expr)>, default: Option<Expr> },
    /// `CASE x WHEN … THEN … [ELSE …] END`.
    SimpleCase { operand: Expr, branches: Vec<(Expr, Expr)>, default: Option<Expr> },
    /// `CAST(x AS T)`.
    Cast { operand: Expr, data_type: DataType },
    /// `F(…)`; `COUNT(*)` has the one argument `Star`, and a unit of time (`DAYS`) is a column of that name.
    Call { name: Ident, args: Vec<Expr> },
    /// The `*` of `COUNT(*)`.
    Star,
    /// `x => …`, `(x, y) => …`; an argument of a call.
    Lambda { params: Vec<Ident>, body: Expr },
    /// `ARRAY[…]`.
    Array(Vec<Expr>),
    /// `MAP(k := v, …)`.
    Map(Vec<(Expr, Expr)>),
    /// `STRUCT(name := x, …)`.
    Struct(Vec<(Ident, Expr)>),
    /// `x AT TIME ZONE 'zone'`.
    AtTimeZone { operand: Expr, zone: String },
    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`.
    TypedLiteral { data_type: DataType, text: String },
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
    /// `||`
    Concat,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum ComparisonOp {
    Equal,
    /// `<>` and `!=`.
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    IsDistinctFrom,
    IsNotDistinctFrom,
}

impl TimeUnit {
    /// Returns how many milliseconds one of it lasts.
    pub fn millis(self) -> u64 {
        match self {
            TimeUnit::Milliseconds => 1,
            TimeUnit::Seconds => 1_000,
            TimeUnit::Minutes => 60_000,
            TimeUnit::Hours => 3_600_000,
            TimeUnit::Days => 86_400_000,
        }
    }
}

impl Duration {
    /// Returns its length in milliseconds, `u64::MAX` if that is longer than it can count.
    pub fn millis(self) -> u64 {
        self.count.saturating_mul(self.unit.millis())
    }
}

impl Expr {
    /// Makes an expression that stands nowhere, for trees built by a program.
    pub fn new(kind: ExprKind) -> Self {
        Expr { kind: Box::new(kind), position: Position::default() }
    }
}
