//! Why a document does not decode, and at which path in it.

/// Why a document does not decode.
///
/// It is boxed, so that a result with it fits a register; there is one only for rows that fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault(Box<FaultDetail>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct FaultDetail {
    reason: String,
    /// Where in the document, outermost part last; none if the document is malformed.
    path: Option<Vec<String>>,
}

impl Fault {
    /// Makes the fault of a document that is no JSON.
    #[cold]
    pub(super) fn new(reason: String) -> Self {
        Fault(Box::new(FaultDetail { reason, path: None }))
    }

    /// Makes the fault of a value that is not of its column's type.
    #[cold]
    pub(super) fn of_value(reason: String) -> Self {
        Fault(Box::new(FaultDetail { reason, path: Some(Vec::new()) }))
    }

    /// Adds the part of the path that leads to the value.
    #[cold]
    pub(super) fn within(mut self, part: impl FnOnce() -> String) -> Self {
        if let Some(path) = &mut self.0.path {
            path.push(part());
        }
        self
    }

    /// Says why, in ksqlDB's form.
    pub(super) fn into_reason(self) -> String {
        let FaultDetail { reason, path } = *self.0;
        match path {
            Some(parts) => {
                let path: String = parts.into_iter().rev().collect();
                format!("{reason}, path: ${path}")
            }
            None => reason,
        }
    }
}
