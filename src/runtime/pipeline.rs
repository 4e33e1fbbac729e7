//! The operators of one task, connected.

use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::state::Changes;
use crate::topology::{OperatorSpec, StateEnv, SubTopology, Target};
use crate::types::Batch;

/// The operators of a sub-topology, opened for one partition.
pub(crate) struct Pipeline {
    operators: Vec<(Box<dyn Operator>, Target)>,
}

impl Pipeline {
    /// Opens the operators on their state.
    pub(crate) fn open(
        part: &SubTopology,
        partition: u32,
        env: &StateEnv,
    ) -> Result<Self, OperatorError> {
        let open = |node: &crate::topology::OperatorNode| {
            Ok::<_, OperatorError>((node.spec.open(partition, env)?, node.target))
        };
        Ok(Pipeline { operators: part.operators.iter().map(open).collect::<Result<_, _>>()? })
    }

    /// Opens a single operator that keeps no state.
    pub(crate) fn of(spec: &OperatorSpec, env: &StateEnv) -> Result<Self, OperatorError> {
        Ok(Pipeline { operators: vec![(spec.open(0, env)?, Target::Output)] })
    }

    /// Sends a batch to a target and everything that comes of it further down; what leaves the sub-topology is added to `out`.
    pub(crate) fn process(
        &mut self,
        target: Target,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        out: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let Target::Operator { index, port } = target else {
            out.push(batch);
            return Ok(());
        };
        let mut emitted = Vec::new();
        let (operator, next) = &mut self.operators[index];
        let next = *next;
        operator.process(port, batch, ctx, &mut emitted)?;
        emitted.into_iter().try_for_each(|batch| self.process(next, batch, ctx, out))
    }

    /// Has the operators emit what they hold back, upstream before downstream.
    pub(crate) fn flush(
        &mut self,
        ctx: &mut OperatorContext<'_>,
        out: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        // Operators stand downstream first.
        for index in (0..self.operators.len()).rev() {
            let mut emitted = Vec::new();
            let (operator, next) = &mut self.operators[index];
            let next = *next;
            operator.flush(ctx, &mut emitted)?;
            emitted.into_iter().try_for_each(|batch| self.process(next, batch, ctx, out))?;
        }
        Ok(())
    }

    /// Hands over the changes of the epoch that ends.
    pub(crate) fn hand_over(&mut self, changes: &mut Changes) {
        self.operators.iter_mut().for_each(|(operator, _)| operator.hand_over(changes));
        changes.sort();
    }
}
