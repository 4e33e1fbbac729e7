//! Queries of every kind on the real binary, under a load that knows what was acknowledged: shared by the tests that kill it.

mod compare;
mod orders;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};

use crate::program::{Program, objects};
use orders::{Order, customers, regions};

pub(crate) use compare::{Kept, assert_at_the_end, assert_same, outputs};
pub(crate) use orders::PHASE_ORDERS_MAX;

const PRODUCE_ORDERS: [&str; 7] =
    ["produce", "orders", "--quiet", "--format", "lines", "--key-separator", ":"];

/// A data folder with the pipeline under load, and what is known of it.
pub(crate) struct Run {
    pub(crate) program: Program,
    pub(crate) clock: SystemClock,
    /// Flags of every process that is killed.
    flags: Vec<String>,
    pipeline: PathBuf,
    /// The first order of each phase.
    phases: Vec<u64>,
    /// The number after the last order that was ever sent.
    next: u64,
    /// All orders before this one are there, whether retention has taken them since or not.
    settled: u64,
    /// The orders from there on that were acknowledged.
    acknowledged: BTreeSet<u64>,
}

impl Run {
    /// Makes a folder with the pipeline, whose windows are kept for so long.
    pub(crate) fn new(retention: &str, flags: &[&str]) -> Run {
        let program = Program::new();
        let pipeline = program.path("pipeline.sql");
        std::fs::write(&pipeline, include_str!("pipeline.sql").replace("4000 DAYS", retention))
            .unwrap();
        program.run(&pipeline);
        Run {
            program,
            clock: SystemClock::new(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            pipeline,
            phases: Vec::new(),
            next: 0,
            settled: 0,
            acknowledged: BTreeSet::new(),
        }
    }

    /// Sets options of a topic.
    pub(crate) fn alter(&self, topic: &str, options: &[&str]) {
        let options = options.iter().flat_map(|option| ["-c", option]);
        let args: Vec<_> = ["topic", "alter", topic].into_iter().chain(options).collect();
        self.program.call(&args);
    }

    /// Changes the tables while nothing else happens: which order is joined with which of their rows is no accident.
    pub(crate) fn begin_phase(&mut self) {
        self.settle();
        change_tables(&self.program, self.phases.len() as u64);
        self.phases.push(self.next);
    }

    /// Sends what is missing, and lets the queries come to an end.
    pub(crate) fn settle(&mut self) {
        let missing = self.missing();
        self.produce(missing);
        assert!(self.missing().is_empty(), "what was answered is not there");
        self.program.settle();
        self.settled = self.next;
        self.acknowledged.clear();
    }

    fn produce(&self, ids: impl IntoIterator<Item = u64>) {
        let lines: String = ids.into_iter().map(|id| self.line(id)).collect();
        self.program.call_with(&PRODUCE_ORDERS, lines.as_bytes());
    }

    fn line(&self, id: u64) -> String {
        Order::new(id, &self.phases).as_line() + "\n"
    }

    /// Looks at what is in the topic: all that was acknowledged, everything once, and in order. Returns what is not there.
    fn missing(&self) -> BTreeSet<u64> {
        let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for record in objects(&self.program.records_as_text("orders")) {
            let value = record["value"].as_str().unwrap();
            let value: serde_json::Value = serde_json::from_str(value).expect(value);
            let partition = record["partition"].as_u64().unwrap();
            found.entry(partition).or_default().push(value["ID"].as_u64().unwrap());
        }
        for (partition, ids) in &found {
            assert!(ids.is_sorted_by(|a, b| a < b), "partition {partition} has {ids:?}");
        }
        let found: BTreeSet<u64> = found.into_values().flatten().collect();
        let lost: Vec<_> = self.acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        (self.settled..self.next).filter(|id| !found.contains(id)).collect()
    }

    /// Returns the orders that are to be sent next: those that are missing, then new ones.
    fn next_to_send(&self) -> impl Iterator<Item = u64> + use<> {
        let (missing, next) = (self.missing(), self.next);
        missing.into_iter().chain(next..)
    }

    /// Lets a shell take orders as statements from a pipe and answer each, and kills it.
    pub(crate) fn kill_statements(&mut self, delay: Duration) {
        let ids = self.next_to_send();
        let mut child = self.spawn(&["--output", "json"]);
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let phases = &self.phases;
        let (sent, answers) = std::thread::scope(|scope| {
            let feeder = scope.spawn(move || send_statements(stdin, ids, phases));
            // What was written before the kill was acknowledged, whether or not it had been read by then.
            let answers = scope.spawn(move || stdout.lines().map_while(Result::ok).count());
            self.clock.wait(delay);
            end(&mut child);
            (feeder.join().unwrap(), answers.join().unwrap())
        });
        self.next = self.next.max(sent.last().map_or(0, |last| last + 1));
        self.acknowledged.extend(sent.iter().take(answers));
    }

    /// Kills a file of so many records on its way into the topic.
    pub(crate) fn kill_records(&mut self, count: usize, delay: Duration) {
        let ids: Vec<u64> = self.next_to_send().take(count).collect();
        self.next = self.next.max(ids.last().map_or(0, |last| last + 1));
        let mut child = self.spawn(&PRODUCE_ORDERS);
        let mut stdin = child.stdin.take().unwrap();
        let lines: String = ids.iter().map(|id| self.line(*id)).collect();
        std::thread::scope(|scope| {
            // In pieces, so that the file is read for as long as the process lives.
            scope.spawn(move || {
                for piece in lines.as_bytes().chunks(4096) {
                    if stdin.write_all(piece).is_err() {
                        return;
                    }
                }
            });
            self.clock.wait(delay);
            end(&mut child);
        });
    }

    /// Kills the queries while they take up what the kill before left them.
    pub(crate) fn kill_queries(&mut self, delay: Duration) {
        let pipeline = self.pipeline.clone();
        let mut child = self.spawn(&["run", pipeline.to_str().unwrap()]);
        self.clock.wait(delay);
        end(&mut child);
    }

    /// Sends so many orders a second for some time, looking at the process again and again, and kills it in the middle.
    pub(crate) fn kill_paced(&mut self, rate: u64, time: Duration, mut look: impl FnMut(u32)) {
        const TICK: Duration = Duration::from_millis(20);
        let mut ids = self.next_to_send();
        let mut child = self.spawn(&PRODUCE_ORDERS);
        let mut stdin = child.stdin.take().unwrap();
        let (begin, mut sent) = (self.clock.monotonic(), 0);
        loop {
            let passed = self.clock.monotonic() - begin;
            let due = passed.min(time).as_millis() as u64 * rate / 1000;
            let lines: String = (sent..due)
                .map(|_| {
                    let id = ids.next().expect("there is always another");
                    self.next = self.next.max(id + 1);
                    self.line(id)
                })
                .collect();
            sent = sent.max(due);
            stdin.write_all(lines.as_bytes()).expect("the process lives");
            look(child.id());
            if time <= passed {
                break;
            }
            self.clock.wait(TICK);
        }
        end(&mut child);
    }

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.program.command(args);
        command.args(&self.flags);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Does the same on another folder, without any kill.
    pub(crate) fn undisturbed(&self, retention: &str) -> Run {
        const ORDERS_AT_ONCE: u64 = 50_000;
        let mut other = Run::new(retention, &[]);
        other.phases.clone_from(&self.phases);
        for (number, first) in self.phases.iter().enumerate() {
            change_tables(&other.program, number as u64);
            let end = self.phases.get(number + 1).copied().unwrap_or(self.next);
            for from in (*first..end).step_by(ORDERS_AT_ONCE as usize) {
                other.produce(from..end.min(from + ORDERS_AT_ONCE));
                other.program.settle();
            }
        }
        other.next = self.next;
        other
    }

    /// Returns the first order of the last phase: all windows of joins of those before it are closed.
    pub(crate) fn closed_before(&self) -> u64 {
        self.phases.last().copied().unwrap_or(0)
    }

    /// Returns how many orders were sent.
    pub(crate) fn order_count(&self) -> u64 {
        self.next
    }
}

fn end(child: &mut Child) {
    // SIGKILL: the process gets to do nothing more.
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Sends orders as statements, each with a question after it whose answer says that the order is there.
fn send_statements(
    mut stdin: ChildStdin,
    ids: impl Iterator<Item = u64>,
    phases: &[u64],
) -> Vec<u64> {
    let mut sent = Vec::new();
    for id in ids {
        sent.push(id);
        let text = Order::new(id, phases).as_insert() + "\nSHOW TYPES;\n";
        if stdin.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    sent
}

/// Brings the tables to what they are in a phase.
fn change_tables(program: &Program, phase: u64) {
    for (topic, lines) in [("customers", customers(phase)), ("regions", regions(phase))] {
        let flags = ["produce", topic, "--format", "lines", "--key-separator", ":"];
        program.call_with(&[&flags[..], &["--null-marker", "gone"]].concat(), lines.as_bytes());
    }
    program.settle();
}
