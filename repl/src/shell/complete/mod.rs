//! Completes what is being typed, by what can stand there.

mod context;
mod files;
mod words;

use tidemill_grammar::{KEYWORDS, is_reserved};

use crate::shell::complete::context::{Context, Wanted};
use crate::shell::help;
use crate::shell::names::{Names, SourceName};

/// What could stand where something is being typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completion {
    /// Where the part that would be replaced begins.
    pub(super) start: usize,
    /// What would replace it.
    pub(super) candidates: Vec<String>,
}

/// The columns every stream or table has.
const PSEUDO_COLUMNS: [&str; 5] =
    ["ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"];

/// Completes the text before the cursor; what follows it says which columns there are.
pub(super) fn complete(text: &str, cursor: usize, names: &Names) -> Completion {
    if let Some((start, candidates)) = files::complete(&text[..cursor]) {
        return Completion { start, candidates };
    }
    let context = Context::new(text, cursor);
    let mut candidates = Vec::new();
    for wanted in context.wanted() {
        candidates.extend(candidates_of(wanted, &context, names));
    }
    candidates.dedup();
    Completion { start: context.start, candidates }
}

fn candidates_of(wanted: Wanted, context: &Context<'_>, names: &Names) -> Vec<String> {
    let of_kind = |is_table: Option<bool>| {
        let sources = names.sources.iter();
        let sources =
            sources.filter(move |source| is_table.is_none_or(|wanted| wanted == source.is_table));
        sources.map(|source| source.name.as_str()).collect::<Vec<_>>()
    };
    match wanted {
        Wanted::Words(words) => context.words(words.iter().copied()),
        Wanted::Keywords => context.words(KEYWORDS.iter().copied()),
        Wanted::Sources => identifiers(context, of_kind(None)),
        Wanted::Streams => identifiers(context, of_kind(Some(false))),
        Wanted::Tables => identifiers(context, of_kind(Some(true))),
        Wanted::Topics => topics(context, &names.topics),
        Wanted::Queries => identifiers(context, strs(&names.queries)),
        Wanted::Types => identifiers(context, strs(&names.types)),
        Wanted::Functions => context.calls(strs(&names.functions), ""),
        Wanted::Calls => context.calls(strs(&names.functions), "("),
        Wanted::Columns => identifiers(context, columns(context, names)),
        Wanted::ColumnsOf(qualifier) => {
            identifiers(context, columns_of(&qualifier, context, names))
        }
        Wanted::Properties => quoted(context, &strs(&names.properties)),
        Wanted::Quoted(texts) => quoted(context, texts),
        Wanted::HelpTopics => {
            let topics = help::topics();
            context.words(topics.iter().map(String::as_str))
        }
    }
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Returns the columns of the sources in the statement; before there is one, those of all.
fn columns<'a>(context: &Context<'_>, names: &'a Names) -> Vec<&'a str> {
    let used = context.sources();
    let is_used = |source: &&SourceName| used.iter().any(|used| used.name == source.name);
    let sources: Vec<&SourceName> = names.sources.iter().filter(is_used).collect();
    let sources = match (sources.is_empty(), context.prefix.is_empty()) {
        (false, _) => sources,
        // All columns of all sources are too many to choose from.
        (true, true) => return Vec::new(),
        (true, false) => names.sources.iter().collect(),
    };
    let mut columns: Vec<&str> =
        sources.iter().flat_map(|source| source.columns.iter().map(String::as_str)).collect();
    columns.extend(PSEUDO_COLUMNS);
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn columns_of<'a>(qualifier: &str, context: &Context<'_>, names: &'a Names) -> Vec<&'a str> {
    let used = context.sources();
    let name = used
        .iter()
        .find(|used| used.alias.as_deref() == Some(qualifier))
        .map_or(qualifier, |used| used.name.as_str());
    let source = names.sources.iter().find(|source| source.name == name);
    source.map_or(Vec::new(), |source| source.columns.iter().map(String::as_str).collect())
}

/// Keeps the names that go on as the text does, written as the user writes.
fn identifiers(context: &Context<'_>, names: Vec<&str>) -> Vec<String> {
    names.into_iter().filter_map(|name| identifier(context, name)).collect()
}

fn identifier(context: &Context<'_>, name: &str) -> Option<String> {
    let typed = &context.prefix;
    if let Some(quote) = typed.chars().next().filter(|char| matches!(char, '`' | '"')) {
        let is_match = name.starts_with(&typed[1..]);
        return is_match.then(|| format!("{quote}{name}{quote}"));
    }
    if !starts_with_ignoring_case(name, typed) {
        return None;
    }
    let is_plain =
        name.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
            && !name.starts_with(|char: char| char.is_ascii_digit());
    if is_plain && !is_reserved(name) {
        Some(context.in_users_case(name))
    } else {
        Some(format!("`{name}`"))
    }
}

/// Topics keep their case; in quotes they end with one, else what is not a word needs them.
fn topics(context: &Context<'_>, names: &[String]) -> Vec<String> {
    if context.prefix.starts_with('\'') {
        return quoted(context, &strs(names));
    }
    let is_word = |name: &str| {
        name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
            && name.starts_with(|char: char| char.is_ascii_alphabetic())
    };
    let typed = context.prefix.trim_start_matches(['`', '"']);
    let matching = names.iter().filter(|name| starts_with_ignoring_case(name, typed));
    matching.map(|name| if is_word(name) { name.clone() } else { format!("`{name}`") }).collect()
}

/// Texts in single quotes.
fn quoted(context: &Context<'_>, texts: &[&str]) -> Vec<String> {
    let typed = context.prefix.trim_start_matches('\'');
    let matching = texts.iter().filter(|text| starts_with_ignoring_case(text, typed));
    matching.map(|text| format!("'{text}'")).collect()
}

/// Compares without regard to case, without cutting a character apart.
fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    let mut chars = text.chars().flat_map(char::to_uppercase);
    prefix.chars().flat_map(char::to_uppercase).all(|char| chars.next() == Some(char))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::names::sample;

    /// `|` is the cursor.
    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let cursor = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let completion = complete(&text, cursor, &sample());
        assert_eq!(completion.candidates, want, "{text}");
        assert!(completion.start <= cursor);
    }

    #[track_caller]
    fn offers(text: &str, want: &[&str], not: &[&str]) {
        let cursor = text.find('|').expect("a cursor");
        let completion = complete(&text.replacen('|', "", 1), cursor, &sample());
        for word in want {
            assert!(completion.candidates.iter().any(|it| it == word), "{word}: {completion:?}");
        }
        for word in not {
            assert!(completion.candidates.iter().all(|it| it != word), "{word}: {completion:?}");
        }
    }

    #[test]
    fn a_statement_begins_with_a_verb() {
        check("sel|", &["select "]);
        check("DESC|", &["DESCRIBE "]);
        check("SHOW STREAMS; D|", &["DEFINE ", "DESCRIBE ", "DROP "]);
        check("hi|", &["history "]);
    }

    #[test]
    fn the_words_that_follow_are_known() {
        check("SHOW TA|", &["TABLES "]);
        check("create or |", &["replace "]);
        check("SELECT * FROM bids EMIT |", &["CHANGES ", "FINAL "]);
        check("set cli w|", &["wrap "]);
        check("output |", &["json ", "tabular "]);
    }

    #[test]
    fn sources_are_offered_where_one_stands() {
        check("SELECT * FROM |", &["BIDS", "BEST", "`order`"]);
        check("select * from b|", &["bids", "best"]);
        check("SELECT * FROM bids b JOIN be|", &["best"]);
        check("DROP TABLE IF EXISTS |", &["BEST"]);
        check("INSERT INTO B|", &["BIDS", "BEST"]);
        check("SELECT * FROM `or|", &["`order`"]);
    }

    #[test]
    fn columns_are_those_of_the_statement() {
        offers(
            "SELECT | FROM bids",
            &["ITEM", "PRICE", "`fromWhere`", "ROWTIME", "SUM("],
            &["HIGHEST"],
        );
        offers("select pr| from bids", &["price"], &["ITEM"]);
        check("SELECT t.H| FROM bids b JOIN best AS t ON b.item = t.item", &["HIGHEST"]);
        check("SELECT b.| FROM bids b", &["ITEM", "PRICE", "`fromWhere`"]);
        check("INSERT INTO bids (i|", &["item"]);
        offers("SELECT hi|", &["highest"], &["price"]);
    }

    #[test]
    fn functions_end_with_a_bracket() {
        check("SELECT substr| FROM bids", &["substring("]);
        check("DESCRIBE FUNCTION s|", &["substring", "sum"]);
    }

    #[test]
    fn queries_topics_and_types_have_their_places() {
        check("TERMINATE C|", &["CTAS_BEST_1"]);
        check("terminate |", &["all ", "ctas_best_1"]);
        check("PRINT |", &["bids", "`best-changes`"]);
        check("DROP TYPE |", &["ADDRESS"]);
        check("SET 'auto|", &["'auto.offset.reset'"]);
        check("CREATE STREAM s (a INT) WITH (kafka_topic = 'be|", &["'best-changes'"]);
        check("CREATE STREAM s (a INT) WITH (value_format = 'js|", &["'JSON'", "'JSON_SR'"]);
        offers("CREATE STREAM s (a |", &["BIGINT ", "ADDRESS"], &["SELECT "]);
        offers("CREATE STREAM s (a INT) WITH (|", &["KAFKA_TOPIC ", "VALUE_FORMAT "], &["SELECT "]);
    }

    #[test]
    fn quoted_texts_and_comments_are_left_alone() {
        check("SELECT 'sel|", &[]);
        check("SELECT a -- sel|", &[]);
        check("SELECT 12|", &[]);
    }
}
