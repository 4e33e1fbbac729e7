//! Where `consume` begins.

use std::str::FromStr;

use crate::topics::produce::time::parse_time;
use tidemill::engine::ConsumeFrom;

/// Where reading begins: `beginning`, `end`, `offset:N`, `time:T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartFrom(pub(crate) ConsumeFrom);

impl FromStr for StartFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.split_once([':', ' ', '=']);
        let start = match (text, split) {
            ("beginning" | "earliest", _) => ConsumeFrom::Beginning,
            ("end" | "latest", _) => ConsumeFrom::End,
            (_, Some(("offset", offset))) => match offset.trim().parse() {
                Ok(offset) if offset >= 0 => ConsumeFrom::Offset(offset),
                _ => return Err(format!("'{offset}' is not an offset")),
            },
            (_, Some(("time", time))) => ConsumeFrom::Time(parse_time(time.trim())?),
            _ => return Err("expected beginning, end, offset:N or time:T".to_owned()),
        };
        Ok(StartFrom(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let check = |text: &str, want| assert_eq!(text.parse::<StartFrom>().map(|it| it.0), want);
        check("beginning", Ok(ConsumeFrom::Beginning));
        check("offset:12", Ok(ConsumeFrom::Offset(12)));
        check("offset 12", Ok(ConsumeFrom::Offset(12)));
        check("time:1000", Ok(ConsumeFrom::Time(1000)));
        check("time:1970-01-01T00:00:01Z", Ok(ConsumeFrom::Time(1000)));
        check("offset:-1", Err("'-1' is not an offset".to_owned()));
        check("12", Err("expected beginning, end, offset:N or time:T".to_owned()));
    }
}
