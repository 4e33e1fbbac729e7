//! SET, UNSET, DEFINE, UNDEFINE, RUN SCRIPT, ASSERT TOPIC, ASSERT SCHEMA.

use tidemill_grammar::ast::{Duration, Ident, Literal, ParsedStatement, Statement};

use crate::engine::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result};

impl Session {
    pub(super) fn set_property(&mut self, name: &str, value: &str) -> Result<Outcome> {
        let before = self.config.get(name).map(|(value, _)| value.to_owned());
        self.set(name, value)?;
        Ok(Outcome::Done(match before {
            Ok(before) if !before.is_empty() => format!(
                "Successfully changed local property '{name}' from '{before}' to '{value}'."
            ),
            _ => format!("Successfully changed local property '{name}' to '{value}'."),
        }))
    }

    pub(super) fn unset_property(&mut self, name: &str) -> Result<Outcome> {
        let was_set = self.config.unset_session(name)?;
        Ok(Outcome::Done(match was_set {
            true => format!("Successfully unset local property '{name}'."),
            false => format!("Cannot unset property '{name}' which was not set"),
        }))
    }

    pub(super) fn define(&mut self, name: &Ident, value: &str) -> Result<Outcome> {
        self.variables.insert(name.name.to_uppercase(), value.to_owned());
        Ok(Outcome::Done(format!("Variable {} is '{value}'.", name.name)))
    }

    pub(super) fn undefine(&mut self, name: &Ident) -> Result<Outcome> {
        let removed = self.variables.remove(&name.name.to_uppercase());
        Ok(Outcome::Done(match removed {
            Some(_) => format!("Variable {} is not defined any more.", name.name),
            None => format!("Cannot undefine variable '{}' which was not defined", name.name),
        }))
    }

    pub(super) fn run_script(&mut self, path: &str) -> Result<Outcome> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(ErrorKind::Input, format!("cannot read the script {path}: {error}"))
        })?;
        // The outcomes of a script's statements are those of the script: the last one stands for it.
        let outcomes = self.execute(&text)?;
        Ok(outcomes.into_iter().last().unwrap_or(Outcome::Done("The script is empty.".to_owned())))
    }

    pub(super) fn assert_topic(&self, parsed: &ParsedStatement) -> Result<Outcome> {
        let Statement::AssertTopic { exists, topic, properties, timeout } = &parsed.statement
        else {
            return Err(Error::statement("not an ASSERT TOPIC statement"));
        };
        self.assert_within(*timeout, || self.check_topic(*exists, &topic.name, &properties.0))
    }

    pub(super) fn assert_schema(&self, parsed: &ParsedStatement) -> Result<Outcome> {
        let Statement::AssertSchema { exists, subject, id, timeout } = &parsed.statement else {
            return Err(Error::statement("not an ASSERT SCHEMA statement"));
        };
        let subject = subject.as_ref().map(|subject| subject.name.as_str());
        self.assert_within(*timeout, || self.check_schema(*exists, subject, *id))
    }

    /// Checks again and again until it holds, or the time is over.
    fn assert_within(
        &self,
        timeout: Option<Duration>,
        check: impl Fn() -> Result<String>,
    ) -> Result<Outcome> {
        let clock = &self.engine.inner.clock;
        let wait = std::time::Duration::from_millis(timeout.map_or(0, |timeout| timeout.millis()));
        let deadline = clock.monotonic() + wait;
        loop {
            match check() {
                Ok(message) => return Ok(Outcome::Done(message)),
                Err(error) if deadline <= clock.monotonic() => return Err(error),
                Err(_) => clock.wait(std::time::Duration::from_millis(20)),
            }
        }
    }

    fn check_schema(&self, exists: bool, subject: Option<&str>, id: Option<i64>) -> Result<String> {
        let all = self.engine.inner.schemas.registrations();
        let is_there = all.iter().any(|found| {
            subject.is_none_or(|subject| *found.subject == *subject)
                && id.is_none_or(|id| i64::from(found.schema.id) == id)
        });
        let subject = subject.map(|subject| format!(" subject {subject}")).unwrap_or_default();
        let id = id.map(|id| format!(" id {id}")).unwrap_or_default();
        let verb = if is_there { "exists" } else { "does not exist" };
        let message = format!("Schema with{subject}{id} {verb}.");
        if is_there == exists { Ok(message) } else { Err(Error::statement(message)) }
    }

    fn check_topic(
        &self,
        exists: bool,
        name: &str,
        properties: &[(Ident, Literal)],
    ) -> Result<String> {
        let found = self.engine.inner.log.topic(name);
        match (&found, exists) {
            (None, false) => return Ok(format!("Topic {name} does not exist.")),
            (Some(_), false) => return Err(Error::statement(format!("Topic {name} exists."))),
            (None, true) => return Err(Error::statement(format!("Topic {name} does not exist."))),
            (Some(_), true) => {}
        }
        let actual = found.map_or(0, |topic| i64::from(topic.config.partitions));
        for (property, value) in properties {
            let wanted = match value {
                Literal::Int(value) => i64::from(*value),
                Literal::Bigint(value) => *value,
                _ => return Err(Error::statement(format!("{} must be a number", property.name))),
            };
            let actual = match property.name.as_str() {
                "PARTITIONS" => actual,
                "REPLICAS" => 1,
                other => {
                    return Err(Error::statement(format!(
                        "Cannot assert unknown topic property: {other}"
                    )));
                }
            };
            if actual != wanted {
                return Err(Error::statement(format!(
                    "Mismatched configuration for topic {name}: For config {}, expected {wanted} got {actual}",
                    property.name.to_lowercase()
                )));
            }
        }
        Ok(format!("Topic {name} exists."))
    }
}
