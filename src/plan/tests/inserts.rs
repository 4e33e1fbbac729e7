//! INSERT INTO.

use expect_test::expect;

use super::check;

#[test]
fn queries_write_into_streams() {
    check(
        "INSERT INTO asks SELECT id, item, price FROM bids WHERE price > 3;
         INSERT INTO asks SELECT id, item FROM bids;
         INSERT INTO people SELECT * FROM people;
         INSERT INTO nothing SELECT * FROM bids;
         INSERT INTO bidss SELECT * FROM bids;
         INSERT INTO asks WITH (query_id = 'my_query') SELECT id, item, price FROM bids;
         INSERT INTO asks WITH (query_id = 'no, sir') SELECT id, item, price FROM bids;",
        expect![""],
    );
}

#[test]
fn values_are_typed() {
    check(
        "INSERT INTO asks VALUES (1, 'pen', 10);
         INSERT INTO asks (price, id) VALUES (2 * 3, 4);
         INSERT INTO asks (rowtime, id, item) VALUES (1234, 1, 'pen');
         INSERT INTO asks VALUES (1, 'pen');
         INSERT INTO asks (id, item) VALUES (1);
         INSERT INTO asks (id, itm) VALUES (1, 'x');
         INSERT INTO asks (id, rowoffset) VALUES (1, 1);
         INSERT INTO asks VALUES (1, 'pen', 'ten');
         INSERT INTO people (name) VALUES ('x');
         INSERT INTO seen VALUES (1, 2);
         INSERT INTO `asks` VALUES (1, 'pen', 10);
         INSERT INTO nothing VALUES (1);",
        expect![""],
    );
}
