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

    /// Returns the latest event time that a member may take.
    fn limit(&self, reaches: &Reaches, index: usize, member: &Member) -> i64 {
        let reach = reaches.of_others(index, member);
        self.allowances.iter().map(|allowance| allowance.limit(reach)).min().unwrap_or(i64::MAX)
    }

    /// Wakes those that waited and need not any more.
    fn wake_free(&self, members: &[Member], reaches: &Reaches) {
        for (index, member) in members.iter().enumerate() {
            let is_free = |time: i64| time <= self.limit(reaches, index, member);
            if member.waits_for.is_some_and(is_free) {
                member.wake();
            }
        }
    }
}

/// How far the members have got.
struct Reaches {
    newest_epoch: u64,
    /// As those in the newest epoch see it, and as those see it that are still in the one before.
    views: [View; 2],
}

struct View {
    /// The slowest member and how far it has got.
    slowest: (i64, usize),
    /// How far the slowest of the others has got.
    next: i64,
    /// The slowest of each sub-topology.
    by_sub_topology: Vec<i64>,
}

impl Reaches {
    fn of(members: &[Member]) -> Self {
        let newest_epoch = members.iter().map(|member| member.epoch).max().unwrap_or(0);
        let views = [View::of(members, false), View::of(members, true)];
        Reaches { newest_epoch, views }
    }

    fn view(&self, of: &Member) -> &View {
        &self.views[usize::from(of.epoch < self.newest_epoch)]
    }

    /// Returns how far all but one have got.
    fn of_others(&self, index: usize, member: &Member) -> i64 {
        let view = self.view(member);
        if view.slowest.1 == index { view.next } else { view.slowest.0 }
    }

    /// Returns how far those have got whose output a member may read.
    fn upstream(&self, of: &Member) -> i64 {
        let before = self.view(of).by_sub_topology.iter().take(of.sub_topology);
        before.copied().min().unwrap_or(i64::MAX)
    }
}

impl View {
    fn of(members: &[Member], is_behind: bool) -> Self {
        let (slowest, next) = ((i64::MAX, usize::MAX), i64::MAX);
        let mut view = View { slowest, next, by_sub_topology: Vec::new() };
        for (index, member) in members.iter().enumerate() {
            let reach = member.reach_for(is_behind);
            if (reach, index) < view.slowest {
                view.next = view.slowest.0;
                view.slowest = (reach, index);
            } else {
                view.next = view.next.min(reach);
            }
            let count = view.by_sub_topology.len().max(member.sub_topology + 1);
            view.by_sub_topology.resize(count, i64::MAX);
            let of_part = &mut view.by_sub_topology[member.sub_topology];
            *of_part = reach.min(*of_part);
        }
        view
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

/// Wakes those with nothing to read that do not know yet how far those before them have got.
fn wake_behind(members: &[Member], reaches: &Reaches) {
    for member in members.iter().filter(|member| member.is_empty) {
        if member.reach < reaches.upstream(member) {
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
        if members.iter().all(|member| member.epoch < epoch) {
            members.iter_mut().for_each(|member| member.reach_before = member.reach);
        }
        members[self.index].epoch = epoch;
        let (reaches, member) = (Reaches::of(&members), &members[self.index]);
        (self.pace.limit(&reaches, self.index, member), reaches.upstream(member))
    }

    /// Says how far the task has got: all that it makes of what is before `reach` has been sent on. `is_empty` says that it has
    /// read all there is from others.
    pub(super) fn publish(&self, reach: i64, is_empty: bool) {
        let mut members = self.pace.members.lock();
        let member = &mut members[self.index];
        let has_moved = member.reach < reach;
        (member.reach, member.is_empty, member.waits_for) = (reach, is_empty, None);
        if has_moved && members.iter().any(|member| member.waits_for.is_some()) {
            let reaches = Reaches::of(&members);
            self.pace.wake_free(&members, &reaches);
            wake_behind(&members, &reaches);
        }
    }

    /// Has the task woken when it may take rows of `time`. Returns false if it may by now.
    pub(super) fn wait(&self, time: i64) -> bool {
        let mut members = self.pace.members.lock();
        let reaches = Reaches::of(&members);
        if time <= self.pace.limit(&reaches, self.index, &members[self.index]) {
            return false;
        }
        members[self.index].waits_for = Some(time);
        wake_behind(&members, &reaches);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members of three sub-topologies with few times, so that many are equal.
    fn random_members(rng: &mut fastrand::Rng) -> Vec<Member> {
        let member = |rng: &mut fastrand::Rng| Member {
            sub_topology: rng.usize(0..3),
            epoch: rng.u64(4..6),
            reach: [i64::MIN, 0, 1, 2, 3, i64::MAX][rng.usize(0..6)],
            reach_before: [i64::MIN, 0, 1, 2][rng.usize(0..4)],
            is_empty: rng.bool(),
            waits_for: None,
            wake: None,
        };
        (0..rng.usize(1..6)).map(|_| member(rng)).collect()
    }

    #[test]
    fn reaches_are_those_of_the_slowest() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..2000 {
            let members = random_members(&mut rng);
            let reaches = Reaches::of(&members);
            let newest = members.iter().map(|member| member.epoch).max().unwrap();
            for (index, of) in members.iter().enumerate() {
                let slowest = |is_one: &dyn Fn(usize, &Member) -> bool| {
                    let ones =
                        members.iter().enumerate().filter(|(at, member)| is_one(*at, member));
                    ones.map(|(_, member)| member.reach_for(of.epoch < newest)).min()
                };
                let others = slowest(&|at, _| at != index).unwrap_or(i64::MAX);
                let before = slowest(&|_, member| member.sub_topology < of.sub_topology);
                assert_eq!(reaches.of_others(index, of), others);
                assert_eq!(reaches.upstream(of), before.unwrap_or(i64::MAX));
            }
        }
    }
}
