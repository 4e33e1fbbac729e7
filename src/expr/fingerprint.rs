//! A number that stands for what an expression means, the same in every run.

use crate::expr::Expr;
use crate::types::Value;

/// 64-bit FNV-1a: fixed for good, as stores are named by it.
struct Fnv(u64);

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Writes a text so that what follows cannot be taken for a part of it.
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.write(text.as_bytes());
    }

    fn number(&mut self, number: usize) {
        self.write(&(number as u64).to_le_bytes());
    }
}

impl Expr {
    /// Returns a number that is the same for expressions that mean the same, in every run and whatever index their columns have.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        self.visit(&mut |expr| write_node(expr, &mut hash));
        hash.0
    }
}

/// Writes what a node is, without what it is computed from; how many of those follow, it does say.
fn write_node(expr: &Expr, hash: &mut Fnv) {
    let (word, detail) = describe(expr);
    hash.text(word);
    hash.text(&detail);
    hash.text(&expr.sql_type().to_string());
    hash.number(expr.children().len());
}

fn describe(expr: &Expr) -> (&'static str, String) {
    let flag =
        |word: &str, negated: bool| if negated { format!("NOT {word}") } else { word.to_owned() };
    match expr {
        Expr::Column { name, .. } => ("column", name.to_string()),
        Expr::Literal { value, .. } => ("literal", value_text(value)),
        Expr::LambdaParam { index, .. } => ("param", index.to_string()),
        Expr::Cast { .. } => ("cast", String::new()),
        Expr::Negate(_) => ("negate", String::new()),
        Expr::Arithmetic { op, .. } => ("arithmetic", format!("{op:?}")),
        Expr::Comparison { op, .. } => ("comparison", format!("{op:?}")),
        Expr::Not(_) => ("not", String::new()),
        Expr::And(_) => ("and", String::new()),
        Expr::Or(_) => ("or", String::new()),
        Expr::IsNull { negated, .. } => ("is null", flag("", *negated)),
        Expr::Between { negated, .. } => ("between", flag("", *negated)),
        Expr::In { negated, .. } => ("in", flag("", *negated)),
        Expr::Like { escape, negated, .. } => ("like", flag(&format!("{escape:?}"), *negated)),
        Expr::Case { default, .. } => ("case", flag("default", default.is_none())),
        Expr::Subscript { .. } => ("subscript", String::new()),
        Expr::Field { name, .. } => ("field", name.to_string()),
        Expr::Array { .. } => ("array", String::new()),
        Expr::Map { .. } => ("map", String::new()),
        Expr::Struct { .. } => ("struct", String::new()),
        Expr::Call { function, .. } => ("call", function.0.name.to_uppercase()),
        Expr::Lambda { params, .. } => ("lambda", params.len().to_string()),
    }
}

/// `Debug` of a [`Value`] shows every bit of it but for doubles.
fn value_text(value: &Value) -> String {
    match value {
        Value::Double(v) => format!("Double({:016x})", v.to_bits()),
        value => format!("{value:?}"),
    }
}
