//! Throw-away: runs the corpus through parse and analyze.
#![allow(clippy::all, missing_docs, unused, reason = "throw-away")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tidemill_grammar::ast::{ColumnConstraint, Statement};

use crate::catalog::*;
use crate::config::Config;
use crate::functions::Registry;
use crate::plan::*;
use crate::types::*;

fn apply(action: Action, text: &str, catalog: &mut Catalog, topics: &BTreeMap<String, u32>) {
    match action {
        Action::CreateSource(create) => {
            let mut source = create.source;
            source.partitions = Some(
                topics.get(&*source.topic).copied().or(create.topic.partitions).unwrap_or(4),
            );
            catalog.put_source(Arc::new(source));
        }
        Action::CreateAs(create) => {
            let kind = match create.source.kind {
                SourceKind::Stream => QueryKind::CreateStreamAs,
                SourceKind::Table => QueryKind::CreateTableAs,
            };
            let id = catalog.next_query_id(kind, &create.source.name);
            catalog.put_source(create.source.clone());
            catalog.put_query(Arc::new(PersistentQuery {
                id,
                kind,
                statement: text.into(),
                sink: create.source.name.clone(),
                sources: create.plan.sources.clone(),
                plan_text: explain(&create.plan).into(),
            }));
        }
        Action::InsertInto(insert) => {
            let sink = insert.plan.sink.as_ref().unwrap().source.name.clone();
            let id = catalog.next_query_id(QueryKind::InsertInto, &sink);
            catalog.put_query(Arc::new(PersistentQuery {
                id,
                kind: QueryKind::InsertInto,
                statement: text.into(),
                sink,
                sources: insert.plan.sources.clone(),
                plan_text: explain(&insert.plan).into(),
            }));
        }
        Action::DropSource(drop) => {
            catalog.drop_source(&drop.source.name).unwrap();
        }
        Action::AlterSource(source) => catalog.put_source(source),
        Action::CreateType { name, sql_type } => catalog.add_type(&name, sql_type).unwrap(),
        Action::DropType(name) => catalog.drop_type(&name).unwrap(),
        Action::Push(_) | Action::Pull(_) | Action::InsertValues(_) | Action::Explain(_)
        | Action::Unchanged(_) | Action::Unplanned => {}
    }
}

fn run(statements: &[String], config: &Config, topics: &BTreeMap<String, u32>, registry: &Registry)
-> (Catalog, Result<(), (usize, String)>, Vec<String>) {
    let mut catalog = Catalog::default();
    let mut plans = Vec::new();
    let joined = statements.join("\n");
    let parsed = match tidemill_grammar::parse_script(&joined) {
        Ok(parsed) => parsed,
        Err(error) => return (catalog, Err((statements.len() - 1, error.to_string())), plans),
    };
    let count = parsed.len();
    for (index, statement) in parsed.iter().enumerate() {
        match analyze_statement(statement, &catalog, config, registry) {
            Ok(action) => {
                match &action {
                    Action::CreateAs(create) => plans.push(explain(&create.plan)),
                    Action::InsertInto(insert) => plans.push(explain(&insert.plan)),
                    Action::Push(plan) => plans.push(explain(plan)),
                    _ => {}
                }
                apply(action, &statement.text, &mut catalog, topics)
            }
            Err(error) => {
                let last = if index + 1 == count { statements.len() - 1 } else { index };
                return (catalog, Err((last, error.message().to_owned())), plans);
            }
        }
    }
    (catalog, Ok(()), plans)
}

fn columns(text: &str, registry: &Registry) -> Option<Vec<(String, SqlType, bool)>> {
    struct None_;
    impl crate::expr::Scope for None_ {
        fn column(&self, _: Option<&str>, name: &str) -> Result<crate::expr::ScopeColumn, crate::expr::ResolveErrorKind> {
            Err(crate::expr::ResolveErrorKind::Mistyped(name.into()))
        }
    }
    let elements = tidemill_grammar::parse_schema(text).ok()?;
    let mut out = Vec::new();
    for element in elements {
        let sql_type = crate::expr::resolve_type(&element.data_type, &None_).ok()?;
        out.push((element.name.name.clone(), sql_type, matches!(element.constraint, ColumnConstraint::Key | ColumnConstraint::PrimaryKey)));
    }
    out.sort_by_key(|(_, _, key)| !key);
    Some(out)
}

#[test]
fn corpus() {
    let registry = Registry::built_in();
    let mut total = BTreeMap::<&str, u32>::new();
    let mut report = String::new();
    let mut files: Vec<_> = std::fs::read_dir(std::env::var("CORPUS").unwrap_or("/work/shared/conformance/qtt".into())).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let test_udfs = ["TEST_UDF", "BAD_UDF", "WHENCONDITION", "WHENRESULT", "TOSTRUCT", "TEST_UDTF", "THROWING_UDTF", "TEST_UDAF", "VAR_ARG", "MULTI_ARG", "FOUR_ARG", "FIVE_ARG", "GENERIC_VAR_ARG", "OBJ_COL_ARG", "JOINKEY"];
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let Ok(json) = serde_json::from_str::<Json>(&text) else { report.push_str(&format!("UNREADABLE {name}\n")); continue };
        for test in json["tests"].as_array().unwrap() {
            let formats: Vec<String> = match test["format"].as_array() {
                Some(list) => list.iter().map(|f| f.as_str().unwrap().to_owned()).collect(),
                None => vec![String::new()],
            };
            if test["enabled"] == Json::Bool(false) { continue }
            for format in formats {
                let statements: Vec<String> = test["statements"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().replace("{FORMAT}", &format)).collect();
                let all = statements.join("\n").to_uppercase();
                let title = format!("{name} - {} {format}", test["name"].as_str().unwrap());
                let props = test["properties"].to_string();
                if ["AVRO", "PROTOBUF", "JSON_SR"].iter().any(|f| all.contains(&format!("'{f}")) || props.contains(f)) { *total.entry("skipped: registry").or_default() += 1; continue }
                if test_udfs.iter().any(|f| all.contains(f)) { *total.entry("skipped: test udf").or_default() += 1; continue }
                let mut config = Config::default();
                if let Some(props) = test["properties"].as_object() {
                    for (key, value) in props {
                        let value = match value { Json::String(s) => s.clone(), other => other.to_string() };
                        if value == "{CONFIG}" { continue }
                        if let Err(e) = config.set_session(key, &value) { report.push_str(&format!("PROPERTY {title}: {e}\n")); }
                    }
                }
                let mut topics = BTreeMap::new();
                if let Some(list) = test["topics"].as_array() {
                    for topic in list { topics.insert(topic["name"].as_str().unwrap().to_owned(), topic["partitions"].as_u64().unwrap_or(1) as u32); }
                }
                let (catalog, result, plans) = run(&statements, &config, &topics, &registry);
                let expected = test["expectedException"].as_object();
                let has_inputs = test["inputs"].as_array().is_some_and(|i| !i.is_empty());
                match (expected, result) {
                    (None, Err((at, error))) => {
                        *total.entry("FAILED").or_default() += 1;
                        report.push_str(&format!("FAILED {title}\n   {}\n   => {error}\n", statements.join("\n   ")));
                    }
                    (None, Ok(())) => {
                        *total.entry("ok").or_default() += 1;
                        if let Some(sources) = test["post"]["sources"].as_array() {
                            for source in sources {
                                let found = catalog.source(source["name"].as_str().unwrap());
                                let Some(found) = found else { report.push_str(&format!("NO SOURCE {title}: {}\n", source["name"])); continue };
                                if let Some(schema) = source["schema"].as_str() {
                                    let want = columns(schema, &registry);
                                    let mut got: Vec<_> = found.schema.columns().iter().map(|c| (c.name.to_string(), c.sql_type.clone(), c.role == ColumnRole::Key)).collect();
                                    if want.as_ref() == Some(&got) { *total.entry("schema ok").or_default() += 1; }
                                    else {
                                        *total.entry("SCHEMA WRONG").or_default() += 1;
                                        report.push_str(&format!("SCHEMA {title}\n   {}\n   want {schema}\n   got  {}\n", statements.join("\n   "), found.schema));
                                    }
                                }
                                let kind = found.kind.name();
                                if source["type"].as_str().is_some_and(|t| t != kind) { report.push_str(&format!("TYPE {title}\n")); }
                                if let Some(format) = source["keyFormat"].as_object() {
                                    let window = format.get("windowType").and_then(|w| w.as_str());
                                    let size = format.get("windowSize").and_then(|w| w.as_i64());
                                    let got = (found.key_format.kind.name(), found.window.map(|w| w.name()), found.window.and_then(|w| w.size_ms()));
                                    if (format["format"].as_str().unwrap(), window, size) != got { *total.entry("KEYFORMAT WRONG").or_default() += 1; report.push_str(&format!("KEYFORMAT {title}: want {format:?} got {got:?}\n    {}\n", statements.join("\n   "))); } else { *total.entry("keyformat ok").or_default() += 1; }
                                }
                                if let Some(format) = source["valueFormat"].as_str() {
                                    if format != found.value_format.kind.name() { report.push_str(&format!("VALUEFORMAT {title}\n")); }
                                }
                                if let Some(is) = source["isSource"].as_bool() { if is != found.is_read_only { report.push_str(&format!("ISSOURCE {title}\n")); } }
                            }
                        }
                        if test["post"]["topics"]["blacklist"].is_string() && plans.iter().any(|p| p.contains("Repartition")) {
                            *total.entry("REPARTITIONS").or_default() += 1;
                            report.push_str(&format!("REPARTITION {title}\n   {}\n{}\n", statements.join("\n   "), plans.join("\n")));
                        }
                    }
                    (Some(expected), Ok(())) if has_inputs => { *total.entry("runtime error").or_default() += 1; }
                    (Some(expected), Ok(())) => {
                        *total.entry("NO ERROR").or_default() += 1;
                        report.push_str(&format!("NO ERROR {title}\n   {}\n   want {:?}\n", statements.join("\n   "), expected.get("message")));
                    }
                    (Some(expected), Err((at, error))) if at + 1 != statements.len() => {
                        *total.entry("ERROR EARLY").or_default() += 1;
                        report.push_str(&format!("EARLY {title}\n   {}\n   => {error}\n", statements[at]));
                    }
                    (Some(expected), Err((_, error))) => {
                        *total.entry("error ok").or_default() += 1;
                        let want = expected.get("message").and_then(|m| m.as_str()).unwrap_or("");
                        if error.contains(want) { *total.entry("error text ok").or_default() += 1; }
                        else { report.push_str(&format!("TEXT {title}\n   {}\n   want {want}\n   got  {error}\n", statements.last().unwrap())); }
                    }
                }
            }
        }
    }
    std::fs::write("/tmp/wplan/report.txt", format!("{total:#?}\n{report}")).unwrap();
    println!("{total:#?}");
}
