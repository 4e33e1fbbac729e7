//! Queries.

use std::fmt;

use crate::ast::{
    Duration, Emit, Ident, Join, JoinKind, Query, Relation, SelectItem, TimeUnit, Window,
    WindowKind, Within,
};
use crate::format::expression::value;
use crate::format::list;

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        list(f, &self.projection)?;
        write!(f, " FROM {}", self.from)?;
        self.joins.iter().try_for_each(|join| write!(f, " {join}"))?;
        clause(f, "WINDOW", self.window.as_ref())?;
        clause(f, "WHERE", self.filter.as_ref())?;
        for (words, items) in [("GROUP BY", &self.group_by), ("PARTITION BY", &self.partition_by)] {
            if !items.is_empty() {
                write!(f, " {words} ")?;
                list(f, items.iter().map(value))?;
            }
        }
        clause(f, "HAVING", self.having.as_ref())?;
        clause(f, "EMIT", self.emit)?;
        clause(f, "LIMIT", self.limit)
    }
}

/// Writes ` words content`, if there is content.
pub(super) fn clause(
    f: &mut fmt::Formatter<'_>,
    words: &str,
    content: Option<impl fmt::Display>,
) -> fmt::Result {
    content.map_or(Ok(()), |content| write!(f, " {words} {content}"))
}

impl fmt::Display for SelectItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectItem::Expr { expr, alias } => {
                write!(f, "{expr}")?;
                named(f, alias.as_ref())
            }
            SelectItem::All(_) => f.write_str("*"),
            SelectItem::AllOf(source) => write!(f, "{source}.*"),
            SelectItem::StructAll(base) => write!(f, "{}->*", super::expression::primary(base)),
        }
    }
}

fn named(f: &mut fmt::Formatter<'_>, alias: Option<&Ident>) -> fmt::Result {
    clause(f, "AS", alias)
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        named(f, self.alias.as_ref())
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} JOIN {}", self.kind, self.right)?;
        clause(f, "WITHIN", self.within.as_ref())?;
        write!(f, " ON {}", self.on)
    }
}

impl fmt::Display for JoinKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT",
            JoinKind::Right => "RIGHT",
            JoinKind::Full => "FULL",
        })
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.symmetric {
            write!(f, "{}", self.before)?;
        } else {
            write!(f, "({}, {})", self.before, self.after)?;
        }
        clause(f, "GRACE PERIOD", self.grace)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            WindowKind::Tumbling { size } => write!(f, "TUMBLING (SIZE {size}")?,
            WindowKind::Hopping { size, advance } => {
                write!(f, "HOPPING (SIZE {size}, ADVANCE BY {advance}")?;
            }
            WindowKind::Session { gap } => write!(f, "SESSION ({gap}")?,
        }
        let kept = [("RETENTION", self.retention), ("GRACE PERIOD", self.grace)];
        for (words, duration) in kept {
            duration.map_or(Ok(()), |duration| write!(f, ", {words} {duration}"))?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.to_string();
        let unit = if self.count == 1 { unit.trim_end_matches('S') } else { &unit };
        write!(f, "{} {unit}", self.count)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Milliseconds => "MILLISECONDS",
            TimeUnit::Seconds => "SECONDS",
            TimeUnit::Minutes => "MINUTES",
            TimeUnit::Hours => "HOURS",
            TimeUnit::Days => "DAYS",
        })
    }
}

impl fmt::Display for Emit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Emit::Changes => "CHANGES",
            Emit::Final => "FINAL",
        })
    }
}
