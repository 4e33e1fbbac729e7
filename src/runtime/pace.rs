//! Keeps the tasks of a query together in event time, where an operator behind a repartition would find rows late otherwise.
//!
//! On a backlog the tasks of a query read their partitions as fast as they can, each at its own speed. What they send to one
//! operator moves its stream time; rows of a task that lags behind could come after their windows are closed, though they are in
//! order in their topic. So each task says how far it has got (its *reach*: nothing earlier comes of it any more, as long as its
//! topic is in order), and takes nothing that is further ahead of the slowest than the operators allow.
//!
//! Those that are still in an epoch see nothing of what is sent in the next one, nor what stands behind that in a topic. So for them
//! each task is as far as it was when the first one went on to the next epoch.
//!
//! A task without anything to read holds nobody. One that reads what other tasks of the query send gets as far as those have got.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::runtime::workers::Wake;
use crate::topology::{Allowance, Topology};

/// The tasks of a query, in event time.
pub(super) struct Pace {
    allowances: Vec<Allowance>,
    members: Mutex<Vec<Member>>,
}

struct Member {
    /// Its sub-topology; what it reads comes from those before it.
    sub_topology: usize,
    /// The epoch it is in.
    epoch: u64,
    reach: i64,
    /// How far it had got when the first task went on to the newest epoch.
    reach_before: i64,
    /// Whether it has read all that others sent it so far.
    is_empty: bool,
    /// The event time of rows that it must not take yet.
    waits_for: Option<i64>,
    wake: Option<Wake>,
}

/// A task's place among those of its query.
pub(super) struct PaceMember {
    pace: Arc<Pace>,
    index: usize,
}

impl Pace {
    /// Makes the pace of a query, if its tasks have to wait for each other at all.
    pub(super) fn of(topology: &Topology) -> Option<Arc<Self>> {
        let allowances = topology.allowances();
        let pace = || Arc::new(Pace { allowances, members: Mutex::default() });
        (!topology.allowances().is_empty()).then(pace)
    }

    /// Adds a task, which holds all others until it has said how far it is.
    pub(super) fn join(self: &Arc<Self>, sub_topology: usize) -> PaceMember {
        let mut members = self.members.lock();
        members.push(Member {
            sub_topology,
            epoch: 0,
            reach: i64::MIN,
            reach_before: i64::MIN,
            is_empty: false,
            waits_for: None,
            wake: None,
        });
        PaceMember { pace: Arc::clone(self), index: members.len() - 1 }
    }

    fn limit(&self, members: &[Member], index: usize) -> i64 {
        let is_behind = members[index].epoch < newest_epoch(members);
        let others = members.iter().enumerate().filter(|(at, _)| *at != index);
        let reach = others.map(|(_, member)| member.reach_for(is_behind)).min().unwrap_or(i64::MAX);
        self.allowances.iter().map(|allowance| allowance.limit(reach)).min().unwrap_or(i64::MAX)
    }

    /// Wakes those that waited and need not any more.
    fn wake_free(&self, members: &[Member]) {
        for (index, member) in members.iter().enumerate() {
            let is_free = |time: i64| time <= self.limit(members, index);
            if member.waits_for.is_some_and(is_free) {
                member.wake();
            }
        }
    }
}

impl Member {
    /// Returns how far it has got for one who is in the newest epoch, or still in the one before.
    fn reach_for(&self, is_behind: bool) -> i64 {
        if is_behind { self.reach_before } else { self.reach }
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }
}

fn newest_epoch(members: &[Member]) -> u64 {
    members.iter().map(|member| member.epoch).max().unwrap_or(0)
}

/// Returns how far those have got whose output a member may read.
fn upstream(members: &[Member], of: &Member) -> i64 {
    let is_behind = of.epoch < newest_epoch(members);
    let before = members.iter().filter(|member| member.sub_topology < of.sub_topology);
    before.map(|member| member.reach_for(is_behind)).min().unwrap_or(i64::MAX)
}

/// Wakes those with nothing to read that do not know yet how far those before them have got.
fn wake_behind(members: &[Member]) {
    for member in members.iter().filter(|member| member.is_empty) {
        if member.reach < upstream(members, member) {
            member.wake();
        }
    }
}

impl PaceMember {
    /// Sets what has the task run again when others have moved on.
    pub(super) fn set_wake(&self, wake: Wake) {
        self.pace.members.lock()[self.index].wake = Some(wake);
    }

    /// Looks at the others from an epoch on: returns the latest event time that the task may take now, and the one that nothing is
    /// before any more of what others send to it after this call.
    pub(super) fn look(&self, epoch: u64) -> (i64, i64) {
        let mut members = self.pace.members.lock();
        if newest_epoch(&members) < epoch {
            members.iter_mut().for_each(|member| member.reach_before = member.reach);
        }
        members[self.index].epoch = epoch;
        (self.pace.limit(&members, self.index), upstream(&members, &members[self.index]))
    }

    /// Says how far the task has got: all that it makes of what is before `reach` has been sent on. `is_empty` says that it has
    /// read all there is from others.
    pub(super) fn publish(&self, reach: i64, is_empty: bool) {
        let mut members = self.pace.members.lock();
        let member = &mut members[self.index];
        let has_moved = member.reach < reach;
        (member.reach, member.is_empty, member.waits_for) = (reach, is_empty, None);
        if has_moved && members.iter().any(|member| member.waits_for.is_some()) {
            self.pace.wake_free(&members);
            wake_behind(&members);
        }
    }

    /// Has the task woken when it may take rows of `time`. Returns false if it may by now.
    pub(super) fn wait(&self, time: i64) -> bool {
        let mut members = self.pace.members.lock();
        if time <= self.pace.limit(&members, self.index) {
            return false;
        }
        members[self.index].waits_for = Some(time);
        wake_behind(&members);
        true
    }
}
