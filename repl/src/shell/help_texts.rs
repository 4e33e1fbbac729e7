//! What HELP says of the shell's own commands; what it says of statements is the grammar's.

use tidemill_grammar::help::{Chapter, Example, Syntax, Topic};

/// The shell's own commands, in the order in which they are listed.
pub(super) const COMMANDS: &[Topic] = &[
    Topic {
        names: &["output"],
        chapter: Chapter::Shell,
        purpose: "Says how results are written, or changes it.",
        syntax: Syntax::Text("OUTPUT [JSON | TABULAR]"),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "OUTPUT JSON" }],
    },
    Topic {
        names: &["spool"],
        chapter: Chapter::Shell,
        purpose: "Copies all that is said and shown to a file.",
        syntax: Syntax::Text("SPOOL 'file' | OFF"),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "SPOOL 'session.txt'" }],
    },
    Topic {
        names: &["set cli", "set cli wrap", "set cli column-width"],
        chapter: Chapter::Shell,
        purpose: "Says what happens to long values, and how wide columns are.",
        syntax: Syntax::Text(
            "SET CLI WRAP ON | OFF          go on below, or end with dots\n\
            SET CLI COLUMN-WIDTH n         0 fits them to the terminal",
        ),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "SET CLI WRAP OFF" }],
    },
    Topic {
        names: &["history", "!!"],
        chapter: Chapter::Shell,
        purpose: "Lists what was said; !n says it again, !! the last, !text the last that begins so.",
        syntax: Syntax::Text("HISTORY\n!!  !n  !text"),
        description: "",
        properties: &[],
        examples: &[Example { given: "", sql: "!sel" }],
    },
    Topic {
        names: &["version"],
        chapter: Chapter::Shell,
        purpose: "Shows the version.",
        syntax: Syntax::Text("VERSION"),
        description: "",
        properties: &[],
        examples: &[],
    },
    Topic {
        names: &["clear"],
        chapter: Chapter::Shell,
        purpose: "Empties the screen.",
        syntax: Syntax::Text("CLEAR"),
        description: "",
        properties: &[],
        examples: &[],
    },
    Topic {
        names: &["server", "request-pipelining"],
        chapter: Chapter::Shell,
        purpose: "Does nothing: the engine runs inside this program.",
        syntax: Syntax::Text("SERVER\nREQUEST-PIPELINING"),
        description: "",
        properties: &[],
        examples: &[],
    },
    Topic {
        names: &["keys"],
        chapter: Chapter::Shell,
        purpose: "What the keyboard does.",
        syntax: Syntax::Text(
            "Enter      runs whole statements, else begins a line\n\
            Tab        completes; twice lists what can stand here\n\
            Up, Down   what was said before\n\
            Ctrl-R     searches it\n\
            Ctrl-C     ends a query that shows rows; else drops what is typed\n\
            Ctrl-D     ends the shell",
        ),
        description: "",
        properties: &[],
        examples: &[],
    },
    Topic {
        names: &["exit", "quit"],
        chapter: Chapter::Shell,
        purpose: "Ends the shell; Ctrl-D does too.",
        syntax: Syntax::Text("EXIT"),
        description: "",
        properties: &[],
        examples: &[],
    },
];
