//! The README's tour is walked: each command and statement in it runs, and does what stands beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Program, binary, example};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// A fenced block: its language, and what stands in it.
struct Block {
    language: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let parts: Vec<&str> = text.split("\n```").collect();
    // Text and blocks take turns; what follows a block's fence on its line is the language.
    let fenced = parts.iter().skip(1).step_by(2);
    let block = |part: &&str| {
        let (language, text) = part.split_once('\n').expect("a block has lines");
        Block { language: language.to_owned(), text: text.to_owned() }
    };
    fenced.map(block).collect()
}

/// Runs a command of a shell in a folder where the files are that it names.
#[track_caller]
fn shell(program: &Program, command: &str) -> String {
    let command = format!("tidemill() {{ '{}' \"$@\"; }}\n{command}", binary().display());
    let output = Command::new("sh")
        .args(["-eu", "-c", &command])
        .current_dir(program.path(""))
        .env("TIDEMILL_DATA_DIR", program.path("data"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tour_does_what_it_says() {
    let readme = readme();
    let (_, tour) = readme.split_once("\n## A tour\n").expect("the README has a tour");
    let tour = tour.split("\n## ").next().unwrap();
    let program = Program::new();
    let orders = root().join("examples/enrichment/data/orders.jsonl");
    std::fs::copy(orders, program.path("orders.jsonl")).unwrap();
    let (mut statements, mut commands) = (0, 0);
    for block in blocks(tour) {
        match block.language.as_str() {
            "sql" => {
                // A push query has no end of its own; who reads along ends it.
                program.call_with(&["--query-timeout", "500"], block.text.as_bytes());
                statements += block.text.matches(';').count();
            }
            "sh" => {
                shell(&program, &block.text);
                commands += block.text.lines().count();
            }
            language => panic!("nobody knows how to run a block of {language:?}"),
        }
    }
    assert!(5 <= statements && 3 <= commands, "{statements} statements, {commands} commands");
    // What was typed was carried out.
    program.settle();
    let best = program.rows("SELECT * FROM best WHERE item = 'pen';");
    assert_eq!(best.len(), 1);
    assert_eq!(best[0]["PRICE"], 12);
    let lines = std::fs::read_to_string(program.path("orders.jsonl")).unwrap().lines().count();
    assert_eq!(program.records("orders").len(), lines);
}

/// Text between back-quotes, without the blocks.
fn spans(text: &str) -> Vec<String> {
    let text: Vec<&str> = text.split("\n```").step_by(2).collect();
    text.join("\n").split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_flags_and_files_that_are_named_are_there() {
    let program = Program::new();
    let mut help = shell(&program, "tidemill --help");
    for subcommand in ["run", "test", "topic", "produce", "consume", "log repair"] {
        help.push_str(&shell(&program, &format!("tidemill {subcommand} --help")));
    }
    let (mut flags, mut files) = (0, 0);
    for span in spans(&readme()) {
        for word in span.split_whitespace().filter(|word| word.starts_with('-')) {
            // Flags of other programs stand behind their names.
            if span.starts_with("tidemill") || span.starts_with('-') {
                assert!(help.contains(word), "there is no flag {word}");
                flags += 1;
            }
        }
        if span.contains('/') && !span.contains(' ') && !span.starts_with('.') {
            assert!(root().join(&span).exists(), "there is no {span}");
            files += 1;
        }
    }
    assert!(0 < flags && 0 < files);
}

#[test]
fn make_knows_what_the_readme_calls() {
    let program = Program::new();
    let makefile = root().join("Makefile");
    let calls: Vec<String> = blocks(&readme()).into_iter().map(|block| block.text).collect();
    let calls = calls.iter().flat_map(|text| text.lines());
    let targets: Vec<&str> =
        calls.filter_map(|line| line.strip_prefix("make ")?.split_whitespace().next()).collect();
    assert!(!targets.is_empty());
    for target in targets {
        // Shown, not made: the demo's own script is run below, and this is a part of the tests.
        shell(
            &program,
            &format!("make --dry-run -C '{}' {target}", makefile.parent().unwrap().display()),
        );
    }
}

/// The folders of examples that say how to run them.
fn examples() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("examples")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("README.md").exists()).collect()
}

#[test]
fn the_examples_run_as_they_say() {
    let mut count = 0;
    for folder in examples() {
        let program = Program::new();
        copy(&folder, &program.path(""));
        let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for block in blocks(&text).iter().filter(|block| block.language == "sh") {
            shell(&program, &block.text);
            count += 1;
        }
    }
    assert!(0 < count);
}

#[test]
fn the_examples_in_rust_run() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let output = Command::new(example(name)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        assert!(!output.stdout.is_empty(), "{name} shows nothing");
        count += 1;
    }
    assert!(4 <= count);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn the_demo_shows_enriched_orders_and_totals() {
    let program = Program::new();
    let demo = root().join("examples/enrichment/demo.sh");
    let shown =
        shell(&program, &format!("TIDEMILL='{}' sh '{}'", binary().display(), demo.display()));
    let (_, enriched) = shown.split_once("The enriched stream").unwrap();
    let (enriched, totals) = enriched.split_once("Totals per region").unwrap();
    assert!(10 < enriched.lines().count(), "{shown}");
    let (totals, visits) = totals.split_once("Visits of more").unwrap();
    let (visits, unpaid) = visits.split_once("Orders that were not paid").unwrap();
    assert!(3 < totals.lines().count(), "{shown}");
    assert!(3 < visits.lines().count(), "{shown}");
    assert!(5 < unpaid.lines().count(), "{shown}");
}
