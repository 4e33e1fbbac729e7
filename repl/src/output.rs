//! Where results go: stdout, and a spool file beside it.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use crate::style;

/// Where results go.
pub(crate) struct Output {
    writer: Box<dyn Write + Send>,
    spool: Option<BufWriter<File>>,
    is_terminal: bool,
    colours: bool,
    /// Set where the terminal's width must not be asked for, as in tests.
    fixed_width: Option<usize>,
}

impl Output {
    /// Writes to stdout.
    pub(crate) fn stdout() -> Self {
        Output {
            writer: Box::new(BufWriter::new(io::stdout())),
            spool: None,
            is_terminal: io::stdout().is_terminal(),
            colours: style::stdout_takes_colours(),
            fixed_width: None,
        }
    }

    /// Writes to `writer`, as to a terminal of that width, or as to a pipe.
    #[cfg(test)]
    pub(crate) fn to_writer(writer: impl Write + Send + 'static, width: Option<usize>) -> Self {
        Output {
            writer: Box::new(writer),
            spool: None,
            is_terminal: width.is_some(),
            colours: false,
            fixed_width: width,
        }
    }

    /// Tells whether a person reads along.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Tells whether colours may be used.
    pub(crate) fn colours(&self) -> bool {
        self.colours
    }

    /// Returns how many columns a line may have; none in a pipe.
    pub(crate) fn width(&self) -> Option<usize> {
        if !self.is_terminal {
            return None;
        }
        let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        // A terminal that does not know its width (a serial line) is as wide as they used to be.
        Some(self.fixed_width.or_else(asked).filter(|width| *width > 0).unwrap_or(80))
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes text as it is.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        match &mut self.spool {
            Some(spool) => write!(spool, "{}", anstream::adapter::strip_str(text)),
            None => Ok(()),
        }
    }

    /// Writes text to the spool file alone: what the user typed is on the terminal already.
    pub(crate) fn spool_only(&mut self, text: &str) -> io::Result<()> {
        match &mut self.spool {
            Some(spool) => spool.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }

    /// Writes bytes that may not be text, to stdout alone.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    /// Makes all that was written visible.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.spool.as_mut().map_or(Ok(()), |spool| spool.flush())
    }

    /// Makes a file to copy to.
    pub(crate) fn open_spool(path: &Path) -> io::Result<File> {
        File::create(path)
    }

    /// Copies all that is written from now on to a file.
    pub(crate) fn spool_to(&mut self, file: File) {
        self.spool = Some(BufWriter::new(file));
    }

    /// Ends the copy; tells whether there was one.
    pub(crate) fn end_spool(&mut self) -> io::Result<bool> {
        match self.spool.take() {
            Some(mut spool) => spool.flush().map(|()| true),
            None => Ok(false),
        }
    }
}

/// What a test wrote.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Written(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(test)]
impl Written {
    /// Returns it as text.
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("no writer panics").clone();
        String::from_utf8(bytes).expect("the output is text")
    }
}

#[cfg(test)]
impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{ERROR, paint};

    #[test]
    fn a_spool_file_holds_no_colours() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("spool");
        let written = Written::default();
        let mut output = Output::to_writer(written.clone(), Some(80));
        output.spool_to(Output::open_spool(&path).expect("a spool file"));
        output.line(&paint(ERROR, "red", true)).expect("memory takes all");
        assert!(output.end_spool().expect("the file takes all"));
        output.line("after").expect("memory takes all");
        assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), "red\n");
        assert_eq!(written.text(), "\u{1b}[1m\u{1b}[31mred\u{1b}[0m\nafter\n");
    }
}
