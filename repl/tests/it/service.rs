//! `tidemill run` as a service manager sees it, and signals elsewhere.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use expect_test::expect;

use crate::place::Place;

/// A running binary whose output is read line by line.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Skips the head of a table.
    fn skip_head(&mut self) {
        let head = [self.line(), self.line()];
        assert!(head[1].starts_with("---"), "{head:?}");
    }

    /// Waits for the end; returns the status, the rest of stdout, and stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut errors) = (String::new(), String::new());
        self.lines.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }
}

/// A test that fails leaves nothing behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

const PIPELINE: &str = "
    SET 'auto.offset.reset' = 'earliest';
    CREATE STREAM bids (item VARCHAR KEY, price INT)
      WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
    CREATE TABLE best AS SELECT item, MAX(price) AS price FROM bids GROUP BY item;
    INSERT INTO bids (item, price) VALUES ('pen', 12);
    SELECT item, price FROM best EMIT CHANGES LIMIT 1;";

/// The row that the last statement shows.
const PEN: &str = " pen              |       12\n";

/// The signal may come at any time after the row: nothing but the row says how far the service is.
#[test]
fn a_service_commits_and_stops_when_it_is_told_to() {
    for signal in ["TERM", "INT", "HUP"] {
        let place = Place::new();
        place.write("app.sql", PIPELINE);
        let mut service = Running::start(&mut place.tidemill(&["run", "app.sql"]));
        service.skip_head();
        assert_eq!(service.line(), PEN);
        service.signal(signal);
        assert_eq!(service.end(), (Some(0), String::new(), String::new()), "{signal}");
        let table = " ITEM | PRICE\n------+-------\n pen  |    12\n";
        assert_eq!(place.say("tidemill -e 'SELECT * FROM best;'"), table);
    }
}

#[test]
fn a_data_folder_serves_one_process_at_a_time() {
    let place = Place::new();
    place.write("app.sql", PIPELINE);
    let mut service = Running::start(&mut place.tidemill(&["run", "app.sql"]));
    service.skip_head();
    assert_eq!(service.line(), PEN);
    expect![[r#"
        ! error: folder data/log is in use by another process
        exit status 1
    "#]]
    .assert_eq(&place.say("tidemill -e 'SHOW STREAMS;'"));
    service.signal("TERM");
    assert_eq!(service.end(), (Some(0), String::new(), String::new()));
}

/// A query in the file that never ends by itself is told to stop as well.
#[test]
fn a_service_that_shows_a_query_stops_too() {
    let place = Place::new();
    place.write("app.sql", &PIPELINE.replace(" LIMIT 1", ""));
    let mut service = Running::start(&mut place.tidemill(&["run", "app.sql"]));
    service.skip_head();
    assert_eq!(service.line(), PEN);
    service.signal("TERM");
    assert_eq!(service.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn ctrl_c_ends_a_call_with_its_status() {
    let place = Place::new();
    place.write("app.sql", PIPELINE);
    place.say("tidemill -f app.sql");
    let sql = "SET 'auto.offset.reset' = 'earliest'; SELECT item FROM bids EMIT CHANGES;";
    let mut call = Running::start(&mut place.tidemill(&["-e", sql]));
    call.skip_head();
    assert_eq!(call.line(), " pen\n");
    call.signal("INT");
    let (status, rest, errors) = call.end();
    assert_eq!((status, rest.as_str()), (Some(130), ""));
    assert!(errors.ends_with("error: interrupted\n"), "{errors}");
}

#[test]
fn a_consumer_ends_quietly() {
    let place = Place::new();
    place.say("echo one | tidemill produce t --create");
    let mut consumer =
        Running::start(&mut place.tidemill(&["consume", "t", "--from", "beginning"]));
    assert_eq!(consumer.line(), "one\n");
    consumer.signal("INT");
    assert_eq!(consumer.end(), (Some(0), String::new(), String::new()));
}
