//! Stream against batch: what a query comes to in the end is what DataFusion computes over the same records at once.

mod grouped;
mod joins;
mod records;
mod rows;
mod tables;

use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use tidemill::engine::TestDriver;

use crate::random::{Random, Seed, number};
use records::{DECLARATIONS, Records};

/// What is asked, of both.
struct Question {
    /// Makes ANSWER.
    sql: String,
    from: AnswerFrom,
    /// What a batch makes of the records: the columns in the order in which the answer has them.
    expected: DataFrame,
}

/// Where the answer stands.
enum AnswerFrom {
    /// In a table: a pull query gives its columns. The last record of each key in its topic says the same.
    Table(&'static str),
    /// In all records of a stream, each with its time at the end.
    Stream,
    /// In all records of a table with windows that come out once, when they close.
    Final,
}

impl Question {
    fn new(random: &mut Random, records: &Records, context: &SessionContext) -> Question {
        match random.below(6) {
            0..=2 => grouped::question(random, records, context),
            3 => joins::question(random, records, context),
            4 => tables::join(random, records, context),
            _ => tables::aggregate(random, records, context),
        }
    }

    /// Asks the stream processor.
    fn of_stream(&self, records: &Records, batch_size: usize) -> Vec<String> {
        let mut driver = TestDriver::new().with_batch_size(batch_size);
        driver.execute(DECLARATIONS).unwrap();
        driver.execute(&self.sql).unwrap();
        for run in records.stream.chunk_by(|(left, _), (right, _)| left == right) {
            let records: Vec<_> = run.iter().map(|(_, record)| record.clone()).collect();
            driver.pipe(run[0].0, &records).unwrap();
        }
        let written = driver.read_rows("ANSWER").unwrap();
        match self.from {
            AnswerFrom::Table(columns) => {
                let found = driver.query(&format!("SELECT {columns} FROM answer;")).unwrap();
                let found = rows::sorted(found.iter().map(|row| rows::texts(&row.values)));
                let latest = rows::sorted(rows::latest(&driver, &written).into_iter());
                assert_eq!(found, latest, "{}: table and topic", self.sql);
                found
            }
            AnswerFrom::Stream => {
                let texts = |row| rows::with_time(row);
                rows::sorted(written.iter().map(texts))
            }
            AnswerFrom::Final => rows::sorted(written.iter().map(rows::with_window)),
        }
    }
}

#[test]
fn the_final_state_is_what_a_batch_over_all_records_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = number("TIDEMILL_BATCH_SEED", 0);
    let questions = number("TIDEMILL_BATCH_QUESTIONS", 300);
    let mut row_count = 0;
    for seed in first..first + questions {
        let _seed = Seed { variable: "TIDEMILL_BATCH_SEED", seed };
        let mut random = Random::new(seed);
        let context =
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let records = Records::new(&mut random);
        let question = Question::new(&mut random, &records, &context);
        let batch_size = *random.choose(&[1, 10, 1000]);
        let actual = question.of_stream(&records, batch_size);
        let expected = runtime.block_on(question.expected.clone().collect()).unwrap();
        let expected = rows::sorted(rows::of_batches(&expected).into_iter());
        assert_eq!(actual, expected, "{}", question.sql);
        row_count += expected.len() as u64;
    }
    // Questions that nothing answers would prove nothing.
    assert!(questions <= row_count, "{row_count} rows answer {questions} questions");
}
