//! Statements that set options and variables.

use crate::help::{Chapter, Example, Syntax, Topic};

/// The topics of this chapter.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        names: &["set"],
        chapter: Chapter::Session,
        purpose: "Sets an option for the queries of this session.",
        syntax: Syntax::Statements(&["Set"]),
        description: "A persistent query keeps the options with which it was made. SHOW PROPERTIES lists the options.",
        properties: &[],
        examples: &[Example { given: "", sql: "SET 'auto.offset.reset' = 'earliest';" }],
    },
    Topic {
        names: &["unset"],
        chapter: Chapter::Session,
        purpose: "Gives an option its own value back.",
        syntax: Syntax::Statements(&["Unset"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: "SET 'auto.offset.reset' = 'earliest';\nUNSET 'auto.offset.reset';",
        }],
    },
    Topic {
        names: &["alter system"],
        chapter: Chapter::Session,
        purpose: "Changes nothing: options of the engine are set when it is started.",
        syntax: Syntax::Statements(&["AlterSystem"]),
        description: "The statement is understood and refused. Use --set, or EngineOptions::with in a program.",
        properties: &[],
        examples: &[Example { given: "", sql: "ALTER SYSTEM 'auto.offset.reset' = 'earliest';" }],
    },
    Topic {
        names: &["define"],
        chapter: Chapter::Session,
        purpose: "Sets a variable, for ${name} in statements.",
        syntax: Syntax::Statements(&["Define"]),
        description: "The text is put in before the statement is read, so that it can be a name, a value or a part of either.",
        properties: &[],
        examples: &[Example { given: bids!(), sql: "DEFINE goods = 'bids';\nDESCRIBE ${goods};" }],
    },
    Topic {
        names: &["undefine"],
        chapter: Chapter::Session,
        purpose: "Takes a variable away.",
        syntax: Syntax::Statements(&["Undefine"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: "DEFINE goods = 'bids';\nUNDEFINE goods;\nSHOW VARIABLES;",
        }],
    },
    Topic {
        names: &["run script", "run"],
        chapter: Chapter::Session,
        purpose: "Runs the statements of a file.",
        syntax: Syntax::Statements(&["RunScript"]),
        description: "The path is one of the place where the statement is said; in a SQL test, of the folder of the test.",
        properties: &[],
        examples: &[Example { given: "", sql: "RUN SCRIPT 'app.sql';\nSHOW STREAMS;" }],
    },
];
