//! The real binary is killed at random moments under load, again and again: in the end everything is as if nothing had
//! happened.

mod compare;
mod orders;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};

use crate::program::Program;
use crate::random::{Random, Seed, number};
use orders::{Order, customers};

/// After how many kills the customers change.
const KILLS_PER_PHASE: u64 = 5;

fn pipeline() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/kill/pipeline.sql")
}

/// A run that is killed, and what is known of it.
struct Run {
    program: Program,
    random: Random,
    clock: SystemClock,
    /// The first order of each phase.
    phases: Vec<u64>,
    /// The number after the last order that was ever sent.
    next: u64,
    /// The orders that were acknowledged.
    acknowledged: BTreeSet<u64>,
}

/// What runs when the kill comes.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// A shell that takes statements from a pipe and answers each.
    Statements,
    /// A file of records on its way into the topic.
    Records,
    /// Nothing but the queries: they take up what the kill before left them.
    Queries,
}

impl Run {
    fn new(seed: u64) -> Run {
        let run = Run {
            program: Program::new(),
            random: Random::new(seed),
            clock: SystemClock::new(),
            phases: Vec::new(),
            next: 0,
            acknowledged: BTreeSet::new(),
        };
        run.program.run(&pipeline());
        run
    }

    /// Changes the customers while nothing else happens: which order is joined with which of their rows is no accident.
    fn begin_phase(&mut self) {
        self.settle();
        let lines = customers(self.phases.len() as u64);
        change_customers(&self.program, &lines);
        self.phases.push(self.next);
    }

    /// Sends what is missing, and lets the queries come to an end.
    fn settle(&mut self) {
        let missing = self.missing();
        produce(&self.program, missing.iter().copied());
        self.acknowledged.extend(missing);
        self.program.run(&pipeline());
    }

    /// Looks at what is in the topic: all that was acknowledged, everything once, and in order.
    fn missing(&mut self) -> BTreeSet<u64> {
        let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for record in self.program.records("orders") {
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
        (0..self.next).filter(|id| !found.contains(id)).collect()
    }

    /// Lets something run, and kills it.
    fn kill(&mut self) {
        let load = [Load::Statements, Load::Records, Load::Queries][self.random.below(3) as usize];
        let delay = Duration::from_millis(self.random.below(600));
        match load {
            Load::Statements => self.kill_statements(delay),
            Load::Records => self.kill_records(delay),
            Load::Queries => {
                let mut child = self.spawn(&["run", pipeline().to_str().unwrap()]);
                self.clock.wait(delay);
                end(&mut child);
            }
        }
    }

    /// Returns the orders that are to be sent next: those that are missing, then new ones.
    fn next_to_send(&mut self) -> impl Iterator<Item = u64> + use<> {
        let (missing, next) = (self.missing(), self.next);
        missing.into_iter().chain(next..)
    }

    fn kill_statements(&mut self, delay: Duration) {
        let ids = self.next_to_send();
        let mut child = self.spawn(&["--output", "json"]);
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sent, answers) = std::thread::scope(|scope| {
            let feeder = scope.spawn(move || send_statements(stdin, ids));
            // What was written before the kill was acknowledged, whether or not it had been read by then.
            let answers = scope.spawn(move || stdout.lines().map_while(Result::ok).count());
            self.clock.wait(delay);
            end(&mut child);
            (feeder.join().unwrap(), answers.join().unwrap())
        });
        self.next = self.next.max(sent.last().map_or(0, |last| last + 1));
        self.acknowledged.extend(sent.iter().take(answers));
    }

    fn kill_records(&mut self, delay: Duration) {
        let ids: Vec<u64> = self.next_to_send().take(20_000).collect();
        self.next = self.next.max(ids.last().map_or(0, |last| last + 1));
        let mut child =
            self.spawn(&["produce", "orders", "--format", "lines", "--key-separator", ":"]);
        let mut stdin = child.stdin.take().unwrap();
        let lines: String = ids.iter().map(|id| Order::new(*id).as_line() + "\n").collect();
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

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.program.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }
}

fn end(child: &mut Child) {
    // SIGKILL: the process gets to do nothing more.
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Sends orders as statements, each with a question after it whose answer says that the order is there.
fn send_statements(mut stdin: ChildStdin, ids: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sent = Vec::new();
    for id in ids {
        sent.push(id);
        let text = Order::new(id).as_insert() + "\nSHOW TYPES;\n";
        if stdin.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    sent
}

fn produce(program: &Program, ids: impl Iterator<Item = u64>) {
    let lines: String = ids.map(|id| Order::new(id).as_line() + "\n").collect();
    let flags = ["produce", "orders", "--format", "lines", "--key-separator", ":"];
    program.call_with(&flags, lines.as_bytes());
}

fn change_customers(program: &Program, lines: &str) {
    let flags = ["produce", "customers", "--format", "lines", "--key-separator", ":"];
    program.call_with(&[&flags[..], &["--null-marker", "gone"]].concat(), lines.as_bytes());
    program.run(&pipeline());
}

/// Does the same without any kill.
fn undisturbed(phases: &[u64], end: u64) -> Program {
    let program = Program::new();
    program.run(&pipeline());
    for (number, first) in phases.iter().enumerate() {
        change_customers(&program, &customers(number as u64));
        let end = phases.get(number + 1).copied().unwrap_or(end);
        produce(&program, *first..end);
        program.run(&pipeline());
    }
    program
}

#[test]
fn nothing_is_lost_and_nothing_doubled() {
    let kills = number("TIDEMILL_KILLS", 10);
    let seed = number("TIDEMILL_KILL_SEED", 1);
    let _seed = Seed { variable: "TIDEMILL_KILL_SEED", seed };
    let mut run = Run::new(seed);
    for kill in 0..kills {
        if kill % KILLS_PER_PHASE == 0 {
            run.begin_phase();
        }
        run.kill();
    }
    run.settle();
    assert!(run.missing().is_empty());
    let expected = undisturbed(&run.phases, run.next);
    compare::assert_same(&run.program, &expected);
    compare::assert_at_the_end(&run.program, &pipeline());
}
