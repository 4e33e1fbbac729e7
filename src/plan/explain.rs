//! A plan as text: a tree, one node per line.

use std::fmt::Write;

use crate::plan::{
    AggregateCall, JoinKind, Node, NodeOp, QueryPlan, WindowShape, WindowSpec, WithinSpec,
};

/// Writes a plan as a tree, one node per line, the sink first.
///
/// ```text
/// Sink: BEST
/// └─ WindowAggregate: max(PRICE) by ITEM, tumbling 60s grace 30s
///    └─ Source: BIDS
/// ```
///
/// A projection that only names what an aggregate gives is not shown.
pub fn explain(plan: &QueryPlan) -> String {
    let mut text = String::new();
    let limit = plan.limit.map(|limit| format!(", limit {limit}")).unwrap_or_default();
    match &plan.sink {
        Some(sink) => text.push_str(&format!("Sink: {}{limit}\n", sink.source.name)),
        None => text.push_str(&format!("Output{limit}\n")),
    }
    write_node(&mut text, &plan.root, "", true);
    text.pop();
    text
}

fn write_node(text: &mut String, node: &Node, indent: &str, is_last: bool) {
    if let NodeOp::Project { input, exprs } = &node.op
        && matches!(input.op, NodeOp::Aggregate { .. } | NodeOp::WindowAggregate { .. })
        && exprs.iter().all(|expr| matches!(expr, crate::expr::Expr::Column { .. }))
    {
        return write_node(text, input, indent, is_last);
    }
    let (corner, deeper) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
    // Writing to a String does not fail.
    let _ = writeln!(text, "{indent}{corner}{}", line(node));
    let indent = format!("{indent}{deeper}");
    let inputs = node.inputs();
    let last = inputs.len().saturating_sub(1);
    for (index, input) in inputs.into_iter().enumerate() {
        write_node(text, input, &indent, index == last);
    }
}

fn line(node: &Node) -> String {
    match &node.op {
        NodeOp::Source { source, alias, .. } if source.name == *alias => {
            format!("Source: {}", source.name)
        }
        NodeOp::Source { source, alias, .. } => format!("Source: {} as {alias}", source.name),
        NodeOp::Filter { predicate, .. } => format!("Filter: {predicate}"),
        NodeOp::Project { exprs, .. } => {
            let named = node.schema.columns().iter().zip(exprs).map(|(column, expr)| {
                let text = expr.to_string();
                if text == *column.name { text } else { format!("{text} as {}", column.name) }
            });
            format!("Project: {}", named.collect::<Vec<_>>().join(", "))
        }
        NodeOp::FlatMap { calls, .. } => {
            let call = |call: &crate::plan::TableCall| {
                let args: Vec<String> = call.args.iter().map(ToString::to_string).collect();
                format!("{}({})", call.function.name.to_lowercase(), args.join(", "))
            };
            format!("FlatMap: {}", calls.iter().map(call).collect::<Vec<_>>().join(", "))
        }
        NodeOp::Repartition { exprs, .. } => {
            let keys: Vec<String> =
                exprs.iter().take(node.schema.key_count()).map(ToString::to_string).collect();
            match keys.as_slice() {
                [] => "Repartition: no key".to_owned(),
                keys => format!("Repartition: by {}", keys.join(", ")),
            }
        }
        NodeOp::Aggregate { aggregates, .. } => {
            format!("Aggregate: {} by {}", calls(aggregates), keys(node))
        }
        NodeOp::WindowAggregate { aggregates, window, emit_final, .. } => {
            let emit = if *emit_final { " emit final" } else { "" };
            format!(
                "WindowAggregate: {} by {}, {}{emit}",
                calls(aggregates),
                keys(node),
                window_text(window)
            )
        }
        NodeOp::StreamTableJoin { kind, .. } => format!("StreamTableJoin: {}", kind_text(*kind)),
        NodeOp::StreamStreamJoin { kind, within, .. } => {
            format!("StreamStreamJoin: {} {}", kind_text(*kind), within_text(within))
        }
        NodeOp::TableTableJoin { kind, .. } => format!("TableTableJoin: {}", kind_text(*kind)),
        NodeOp::ForeignKeyJoin { kind, foreign_key, .. } => {
            format!("ForeignKeyJoin: {} by {foreign_key}", kind_text(*kind))
        }
    }
}

fn calls(aggregates: &[AggregateCall]) -> String {
    aggregates.iter().map(|call| call.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn keys(node: &Node) -> String {
    node.schema.key().iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ")
}

fn kind_text(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
        JoinKind::Right => "right",
        JoinKind::Full => "full",
    }
}

fn window_text(window: &WindowSpec) -> String {
    let grace = duration(window.grace_ms);
    match window.shape {
        WindowShape::Tumbling { size_ms } => {
            format!("tumbling {} grace {grace}", duration(size_ms))
        }
        WindowShape::Hopping { size_ms, advance_ms } => {
            format!("hopping {} advance {} grace {grace}", duration(size_ms), duration(advance_ms))
        }
        WindowShape::Session { gap_ms } => format!("session {} grace {grace}", duration(gap_ms)),
    }
}

fn within_text(within: &WithinSpec) -> String {
    let grace = within.grace_ms.map(|grace| format!(" grace {}", duration(grace)));
    let grace = grace.unwrap_or_default();
    if within.before_ms == within.after_ms {
        return format!("within {}{grace}", duration(within.before_ms));
    }
    format!(
        "within {} before, {} after{grace}",
        duration(within.before_ms),
        duration(within.after_ms)
    )
}

/// Writes milliseconds as seconds, if they are whole ones.
fn duration(millis: i64) -> String {
    if millis % 1_000 == 0 { format!("{}s", millis / 1_000) } else { format!("{millis}ms") }
}
