//! A topology as text, for EXPLAIN.

use std::fmt;

use crate::topology::{Output, SubTopology, Topology};

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.sub_topologies.iter().enumerate() {
            writeln!(f, "Sub-topology {number}")?;
            part.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for SubTopology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for input in &self.inputs {
            writeln!(f, "  Source: {}", input.topic)?;
        }
        for node in self.operators.iter().rev() {
            write!(f, "  {}", node.spec.name())?;
            match node.spec.stores().as_slice() {
                [] => writeln!(f)?,
                stores => {
                    let stores: Vec<_> = stores.iter().map(|store| format!("{store:?}")).collect();
                    writeln!(f, " ({})", stores.join(", "))?;
                }
            }
        }
        match &self.output {
            Output::Sink { sink, .. } => writeln!(f, "  Sink: {}", sink.source.topic),
            Output::Repartition { topic, .. } => writeln!(f, "  Repartition: {topic}"),
            Output::Rows(_) => writeln!(f, "  Rows"),
        }
    }
}
