//! Tests of this module.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check_set(name: &str, value: &str, want: Expect) {
    let mut config = Config::default();
    let got = match config.set_session(name, value) {
        Ok(()) => format!("{:?}", config.get(name).unwrap()),
        Err(error) => error.to_string(),
    };
    want.assert_eq(&got);
}

#[test]
fn takes_a_value_under_any_name() {
    check_set("auto.offset.reset", "earliest", expect![[r#"("earliest", Session)"#]]);
    check_set("ksql.streams.auto.offset.reset", "Latest", expect![[r#"("Latest", Session)"#]]);
    check_set("statestore.cache.max.bytes", "0", expect![[r#"("0", Session)"#]]);
}

#[test]
fn refuses_what_it_does_not_know() {
    check_set(
        "auto.ofset.reset",
        "earliest",
        expect!["Unknown property: auto.ofset.reset. Did you mean 'auto.offset.reset'?"],
    );
    check_set("x", "1", expect!["Unknown property: x."]);
    check_set(
        "auto.offset.reset",
        "soon",
        expect![[
            "Invalid value soon for property auto.offset.reset: it must be one of earliest, latest, none"
        ]],
    );
    check_set(
        "commit.interval.ms",
        "-1",
        expect![
            "Invalid value -1 for property commit.interval.ms: it must be a whole number from 0"
        ],
    );
    check_set(
        "memory.limit",
        "5",
        expect!["Cannot override property 'memory.limit': it is set for the whole engine"],
    );
}

#[test]
fn the_session_wins_over_the_engine() {
    let mut config = Config::default();
    assert_eq!(config.commit_interval_ms(), 100);
    config.set_engine("commit.interval.ms", "200").unwrap();
    config.set_session("commit.interval.ms", "300").unwrap();
    assert_eq!(config.commit_interval_ms(), 300);
    assert!(config.unset_session("ksql.streams.commit.interval.ms").unwrap());
    assert!(!config.unset_session("commit.interval.ms").unwrap());
    assert_eq!(config.get("commit.interval.ms").unwrap(), ("200", Layer::Engine));
}

#[test]
fn every_default_is_valid_and_every_name_is_used_once() {
    let mut names = std::collections::BTreeSet::new();
    for option in OPTIONS {
        assert_eq!(option.kind.check(option.default), Ok(()), "{}", option.name);
        for name in std::iter::once(&option.name).chain(option.aliases) {
            assert!(names.insert(*name), "{name}");
        }
    }
}
