//! Columns named on the command line.

/// A column, by its number from 1 or by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColumnChoice {
    /// Its place, from 0.
    Index(usize),
    /// Its name in the header line.
    Name(String),
}

impl ColumnChoice {
    /// Reads it; a name needs a header line.
    pub(super) fn parse(text: &str, has_header: bool) -> Result<Self, String> {
        match text.parse::<usize>() {
            Ok(0) => Err("columns are counted from 1".to_owned()),
            Ok(number) => Ok(ColumnChoice::Index(number - 1)),
            Err(_) if has_header => Ok(ColumnChoice::Name(text.to_owned())),
            Err(_) => Err(format!(
                "'{text}' is not a column's number; --skip-header lets columns be named"
            )),
        }
    }

    /// Finds it among the names of a header line.
    pub(super) fn find(&self, header: &[String]) -> Result<usize, String> {
        match self {
            ColumnChoice::Index(index) => Ok(*index),
            ColumnChoice::Name(name) => {
                let exact = header.iter().position(|column| column == name);
                let any_case =
                    || header.iter().position(|column| column.eq_ignore_ascii_case(name));
                exact.or_else(any_case).ok_or_else(|| {
                    format!("there is no column '{name}'; there are {}", header.join(", "))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_numbers_and_names() {
        let header = ["id".to_owned(), "Zone".to_owned()];
        let find = |text: &str| ColumnChoice::parse(text, true).and_then(|it| it.find(&header));
        assert_eq!(find("2"), Ok(1));
        assert_eq!(find("id"), Ok(0));
        assert_eq!(find("zone"), Ok(1));
        assert_eq!(find("x"), Err("there is no column 'x'; there are id, Zone".to_owned()));
        assert_eq!(find("0"), Err("columns are counted from 1".to_owned()));
        assert!(ColumnChoice::parse("id", false).is_err());
    }
}
