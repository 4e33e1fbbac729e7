//! Pull queries.

use expect_test::expect;

use super::{check, check_with};
use crate::config::Config;

const TABLES: &str = "
    CREATE TABLE totals AS SELECT item, count(*) AS n FROM bids GROUP BY item;
    CREATE TABLE hourly AS SELECT item, count(*) AS n FROM bids WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY item;";

#[test]
fn keys_are_looked_up() {
    let queries = "
        SELECT * FROM totals WHERE item = 'pen';
        SELECT n, item AS i FROM totals WHERE item IN ('pen', 'cup') AND n > 3;
        SELECT * FROM totals WHERE n > 3;
        SELECT * FROM totals WHERE item >= 'a' AND item < 'b';
        SELECT * FROM hourly WHERE item = 'pen' AND windowstart >= 10 AND windowend < '1970-01-01T01';
        SELECT item, rowtime FROM totals LIMIT 3;
        SELECT price FROM bids WHERE id = 1;";
    check(&format!("{TABLES}{queries}"), expect![""]);
}

#[test]
fn what_state_cannot_answer_is_refused() {
    check(
        "SELECT * FROM people;
         SELECT * FROM people p JOIN places q ON p.id = q.id;
         SELECT count(*) FROM bids;
         SELECT item, count(*) FROM bids GROUP BY item;
         SELECT rowoffset FROM bids;
         SELECT price, price FROM bids;
         SELECT price FROM bids WHERE windowstart = 1;",
        expect![""],
    );
}

#[test]
fn scans_can_be_forbidden() {
    let mut config = Config::default();
    config.set_session("ksql.query.pull.table.scan.enabled", "false").unwrap();
    let queries = "
        SELECT * FROM totals;
        SELECT * FROM totals WHERE n > 3;
        SELECT * FROM totals WHERE item = 'pen' AND item IN ('cup');";
    check_with(&config, &format!("{TABLES}{queries}"), expect![""]);
}
