//! A terminal to type into, and what one would see there.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::place::{Place, TIDEMILL};

/// After what time without a sign of life a test fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// As many lines as no test fills, so that nothing scrolls away.
const ROWS: u16 = 400;

pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const TAB: &str = "\t";
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const ENTER: &str = "\r";

/// A shell at a terminal.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// Up to which line of the screen a test has looked.
    seen: usize,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the shell and waits for its prompt.
    pub(crate) fn open(place: &Place, columns: u16) -> Self {
        let size = PtySize { rows: ROWS, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(TIDEMILL);
        command.env_clear();
        place.variables().iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(place.path());
        let child = pair.slave.spawn_command(command).unwrap();
        let (keyboard, output) =
            (pair.master.take_writer().unwrap(), read(pair.master.try_clone_reader().unwrap()));
        let screen = vt100::Parser::new(ROWS.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let mut terminal =
            Terminal { child, keyboard, output, screen, seen: 0, _master: pair.master };
        terminal.wait_for_prompt();
        terminal
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Types a line, waits for the next prompt and returns the line and what came between.
    pub(crate) fn say(&mut self, line: &str) -> String {
        self.press(line);
        self.press(ENTER);
        self.wait_for_prompt();
        self.news()
    }

    /// Waits until the last line is the prompt and nothing else, and a new one.
    pub(crate) fn wait_for_prompt(&mut self) {
        let seen = self.seen;
        self.wait("a prompt", |lines| {
            seen < lines.len() && lines.last().is_some_and(|line| line.trim_end() == "tidemill>")
        });
    }

    /// Waits until a line below those that were looked at holds the text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let seen = self.seen;
        self.wait(text, |lines| lines.iter().skip(seen).any(|line| line.contains(text)));
    }

    /// Returns the lines since the last look, with the prompt that was there then, without the one that is there now.
    pub(crate) fn news(&mut self) -> String {
        let lines = self.lines();
        let news = lines[self.seen.saturating_sub(1).min(lines.len())..].join("\n");
        self.seen = lines.len();
        news.trim_end().trim_end_matches("tidemill>").trim_end().to_owned()
    }

    /// Waits for the program to end; returns its status.
    pub(crate) fn end(mut self) -> u32 {
        while self.output.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap().exit_code()
    }

    fn lines(&self) -> Vec<String> {
        let text = self.screen.screen().contents();
        text.trim_end().split('\n').map(|line| line.trim_end().to_owned()).collect()
    }

    fn wait(&mut self, what: &str, is_there: impl Fn(&[String]) -> bool) {
        while !is_there(&self.lines()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("waiting for {what}, on the screen is\n{}", self.lines().join("\n"))
                }
            }
        }
    }
}

/// Reads on a thread of its own, so that waiting can end.
fn read(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // The other end of a terminal that is gone is an error on Linux.
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}
