//! Times written as text where they are compared with ROWTIME, WINDOWSTART or WINDOWEND.

use tidemill_grammar::ast::{Expr, ExprKind, Literal};

use crate::plan::query::tree::{as_column, children_mut};
use crate::plan::system;

/// Replaces such texts by milliseconds; a text that is no time stays, and is refused as a comparison of unlike types.
pub(super) fn rewritten(expr: &Expr) -> Expr {
    let mut expr = expr.clone();
    rewrite(&mut expr);
    expr
}

fn rewrite(expr: &mut Expr) {
    match &mut *expr.kind {
        ExprKind::Comparison { left, right, .. } => {
            if is_time(left) {
                replace(right);
            }
            if is_time(right) {
                replace(left);
            }
        }
        ExprKind::Between { operand, low, high, .. } if is_time(operand) => {
            replace(low);
            replace(high);
        }
        ExprKind::Literal(_)
        | ExprKind::Column { .. }
        | ExprKind::Field { .. }
        | ExprKind::Subscript { .. }
        | ExprKind::Sign { .. }
        | ExprKind::Not(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::IsNull { .. }
        | ExprKind::Between { .. }
        | ExprKind::In { .. }
        | ExprKind::Like { .. }
        | ExprKind::SearchedCase { .. }
        | ExprKind::SimpleCase { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Call { .. }
        | ExprKind::Star
        | ExprKind::Lambda { .. }
        | ExprKind::Array(_)
        | ExprKind::Map(_)
        | ExprKind::Struct(_)
        | ExprKind::AtTimeZone { .. }
        | ExprKind::TypedLiteral { .. } => {}
    }
    children_mut(expr).into_iter().for_each(rewrite);
}

fn is_time(expr: &Expr) -> bool {
    as_column(expr).is_some_and(|c| c.name == system::ROW_TIME || system::is_window_bound(c.name))
}

fn replace(expr: &mut Expr) {
    let ExprKind::Literal(Literal::String(text)) = &*expr.kind else { return };
    if let Some(millis) = parse_millis(text) {
        *expr.kind = ExprKind::Literal(Literal::Bigint(millis));
    }
}

/// Reads `2020`, `2020-01-02`, `2020-01-02T10:11:12.123+0100` and what lies between; what is left out is the least it can be, and
/// the zone UTC.
pub(super) fn parse_millis(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = date.splitn(3, '-').map(number);
    let year = i32::try_from(parts.next()??).ok()?;
    let month = parts.next().unwrap_or(Some(1))?;
    let day = parts.next().unwrap_or(Some(1))?;
    let date = chrono::NaiveDate::from_ymd_opt(year, month, day)?;
    let (time, offset_ms) = split_zone(time)?;
    let mut parts = time.splitn(3, ':');
    let hour = parts.next().filter(|part| !part.is_empty()).map_or(Some(0), number)?;
    let minute = parts.next().map_or(Some(0), number)?;
    let (second, millis) = match parts.next() {
        Some(part) => {
            let (second, fraction) = part.split_once('.').unwrap_or((part, "0"));
            (number(second)?, number(&format!("{fraction:0<3}")[..3])?)
        }
        None => (0, 0),
    };
    let time = date.and_hms_milli_opt(hour, minute, second, millis)?;
    Some(time.and_utc().timestamp_millis() - offset_ms)
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Takes `Z` or `+0100` off the end.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if !time.is_ascii() {
        return None;
    }
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(at);
    let digits = zone[1..].replace(':', "");
    let (hours, minutes) = (number(digits.get(..2)?)?, number(digits.get(2..).unwrap_or("0"))?);
    let millis = i64::from(hours * 60 + minutes) * 60_000;
    Some((time, if zone.starts_with('-') { -millis } else { millis }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_as_far_as_they_are_written() {
        assert_eq!(parse_millis("1970"), Some(0));
        assert_eq!(parse_millis("1970-01-02"), Some(86_400_000));
        assert_eq!(parse_millis("1970-01-01T01"), Some(3_600_000));
        assert_eq!(parse_millis("1970-01-01T00:00:01.5"), Some(1_500));
        assert_eq!(parse_millis("1970-01-01T01:00:00+0100"), Some(0));
        assert_eq!(parse_millis("1970-01-01T01:00Z"), Some(3_600_000));
        assert_eq!(parse_millis("soon"), None);
        assert_eq!(parse_millis("1970-13"), None);
        assert_eq!(parse_millis("1970-01-01T+1"), None);
        assert_eq!(parse_millis(""), None);
        assert_eq!(parse_millis("1970-01-01T00:00:00.é"), None);
    }
}
