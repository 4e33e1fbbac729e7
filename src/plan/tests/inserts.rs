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
        expect![[r#"
            Sink: ASKS
            └─ Project: ID, ITEM, PRICE
               └─ Filter: (PRICE > 3)
                  └─ Source: BIDS
            error: Incompatible schema between results and sink.
            Result schema is `ID` INTEGER KEY, `ITEM` STRING
            Sink schema is `ID` INTEGER KEY, `ITEM` STRING, `PRICE` BIGINT
            error: line 3:22: INSERT INTO can only be used to insert into a stream. PEOPLE is a table.
            error: line 4:22: Source `NOTHING` does not exist.
            error: line 5:22: Source `BIDSS` does not exist. Did you mean BIDS?
            Sink: ASKS
            └─ Project: ID, ITEM, PRICE
               └─ Source: BIDS
            error: Invalid query ID: 'no, sir'. Use letters, digits and underscores; it must not begin with INSERTQUERY_.
        "#]],
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
        expect![[r#"
            ASKS: 1, 'pen', 10
            ASKS: 4, null, 6
            ASKS: 1, 'pen', null at 1234
            error: Expected a value for each column. Expected Columns: [`ID`, `ITEM`, `PRICE`]. Got 2 values
            error: Expected number columns and values to match: [ID, ITEM], 1 values
            error: line 6:32: Column name `ITM` does not exist. Did you mean ITEM?
            error: line 7:32: Inserting into column `ROWOFFSET` is not allowed.
            error: line 8:45: Expected type BIGINT but got STRING('ten')
            error: Failed to insert values into 'PEOPLE'. Value for primary key column(s) ID is required for tables
            error: line 10:22: Cannot insert values into windowed stream/table!
            error: line 11:22: Cannot insert values into an unknown stream/table: `asks`
            Did you mean ASKS? Hint: try removing double quotes from the source name.
            error: line 12:22: Cannot insert values into an unknown stream/table: `NOTHING`
        "#]],
    );
}
