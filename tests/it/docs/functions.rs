//! A page for each family of functions, from the registry.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tidemill::functions::{Description, Registry};

#[test]
fn function_pages_say_what_the_registry_says() {
    let registry = Registry::built_in();
    let mut families: BTreeMap<String, Vec<Description>> = BTreeMap::new();
    for name in registry.names() {
        let description = registry.describe(name).unwrap();
        families.entry(description.category.to_string()).or_default().push(description);
    }
    for (family, functions) in &families {
        super::check(&format!("functions/{}.md", slug(family)), &page(family, functions));
    }
    super::check("functions/README.md", &index(&families));
    let pages = std::fs::read_dir(super::folder().join("functions")).unwrap().count();
    assert_eq!(pages, families.len() + 1, "docs/sql/functions has a page that nothing writes");
}

fn slug(family: &str) -> String {
    family.to_lowercase().replace(" / ", "-").replace(' ', "-")
}

fn title(family: &str) -> String {
    let (first, rest) = family.split_at(1);
    format!("{first}{} functions", rest.to_lowercase())
}

fn index(families: &BTreeMap<String, Vec<Description>>) -> String {
    let mut out = "# Functions\n\n`SHOW FUNCTIONS;` lists them, `DESCRIBE FUNCTION name;` tells what stands here.\n".to_owned();
    for (family, functions) in families {
        let page = slug(family);
        write!(out, "\n**[{}]({page}.md)**\n\n", title(family)).unwrap();
        for function in functions {
            let anchor = function.name.to_lowercase();
            writeln!(out, "- [{}]({page}.md#{anchor}): {}", function.name, function.summary)
                .unwrap();
        }
    }
    out
}

fn page(family: &str, functions: &[Description]) -> String {
    let mut out = format!("# {}\n", title(family));
    for function in functions {
        write!(out, "\n## {}\n\n{}\n\n```sql\n", function.name, function.summary).unwrap();
        for overload in &function.overloads {
            let returns = match overload.returns.as_str() {
                "" => String::new(),
                returns => format!(" -> {returns}"),
            };
            writeln!(out, "{}{returns}", overload.call).unwrap();
        }
        out.push_str("```\n");
        for overload in function.overloads.iter().filter(|overload| !overload.summary.is_empty()) {
            write!(out, "\n`{}`: {}\n", overload.call, overload.summary).unwrap();
        }
        if function.examples.is_empty() {
            continue;
        }
        let has_rows = function.examples.iter().any(|example| !example.rows.is_empty());
        let (head, line) = if has_rows { (" of the rows |", " --- |") } else { ("", "") };
        write!(out, "\n| example |{head} result |\n| --- |{line} --- |\n").unwrap();
        for example in &function.examples {
            let cell = |text: &str| format!("`{}`", text.replace('|', "\\|"));
            let rows = if has_rows { format!(" {} |", cell(example.rows)) } else { String::new() };
            let (call, result) = (cell(example.expression), cell(example.result));
            writeln!(out, "| {call} |{rows} {result} |").unwrap();
        }
    }
    out
}
